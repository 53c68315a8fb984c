package org.smmulator.machine;

import java.util.function.BooleanSupplier;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public SimulatedOutcome simulate(
      MachineConfig config, Recorder recorder, Progress progress, BooleanSupplier stopped)
      throws UserException {
    return new SimulatedRun(config, recorder, progress, stopped).run();
  }

  @Override
  public RunningMachine start(MachineConfig config, Recorder recorder) throws UserException {
    Machine machine = Machine.start(config, recorder);
    if (config.scenario() != null) {
      return machine;
    }
    boolean whole = false;
    try {
      machine.plugIn();
      whole = true;
      return machine;
    } finally {
      if (!whole) {
        machine.close();
      }
    }
  }
}
