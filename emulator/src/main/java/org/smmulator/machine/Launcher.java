package org.smmulator.machine;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.smmulator.cli.ExitCode;
import org.smmulator.cli.MachineLauncher;
import org.smmulator.cli.Progress;
import org.smmulator.cli.UserException;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.EventLog;

/** What {@code smmulator run} finds as a service. */
public final class Launcher implements MachineLauncher {
  @Override
  public SimulatedOutcome simulate(MachineConfig config, @Nullable Path events, Progress progress)
      throws UserException {
    if (events == null) {
      return new SimulatedRun(config, EventLog.OFF, progress).run();
    }
    try (EventFile file = new EventFile(events)) {
      return new SimulatedRun(config, file, progress).run();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INTERNAL, "--events: " + events + " was not written: " + e.getMessage());
    }
  }

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
