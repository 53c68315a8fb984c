package org.smmulator.machine;

import org.smmulator.cli.MachineLauncher;
import org.smmulator.cli.UserException;
import org.smmulator.config.MachineConfig;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public RunningMachine start(MachineConfig config) throws UserException {
    return config.guest().isExternal() ? ExternalMachine.start(config) : Machine.start(config);
  }
}
