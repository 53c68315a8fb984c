package org.smmulator.machine;

import org.smmulator.cli.MachineLauncher;
import org.smmulator.cli.Progress;
import org.smmulator.cli.UserException;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.EventLog;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public SimulatedOutcome simulate(MachineConfig config, EventLog events, Progress progress)
      throws UserException {
    return new SimulatedRun(config, events, progress).run();
  }

  @Override
  public RunningMachine start(MachineConfig config, EventLog events) throws UserException {
    if (config.guest().isExternal()) {
      return ExternalMachine.start(config, events);
    }
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
