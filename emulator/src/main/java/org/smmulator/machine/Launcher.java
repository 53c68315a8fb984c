package org.smmulator.machine;

import java.util.function.BooleanSupplier;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.EventLog;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public SimulatedOutcome simulate(
      MachineConfig config, EventLog events, Progress progress, BooleanSupplier stopped)
      throws UserException {
    return new SimulatedRun(config, events, progress, stopped).run();
  }

  @Override
  public RunningMachine start(MachineConfig config, EventLog events) throws UserException {
    Machine machine = Machine.start(config, events);
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
