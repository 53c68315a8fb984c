package org.smmulator.machine;

import org.smmulator.cli.MachineLauncher;
import org.smmulator.cli.UserException;
import org.smmulator.config.MachineConfig;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public RunningMachine start(MachineConfig config) throws UserException {
    if (config.guest().isExternal()) {
      return ExternalMachine.start(config);
    }
    Machine machine = Machine.start(config);
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
