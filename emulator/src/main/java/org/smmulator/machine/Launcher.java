package org.smmulator.machine;

import org.smmulator.config.MachineConfig;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.UserException;
import org.smmulator.record.Recorder;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public SimulatedMachineRun simulated(MachineConfig config, Recorder recorder)
      throws UserException {
    return new SimulatedRun(config, recorder);
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
