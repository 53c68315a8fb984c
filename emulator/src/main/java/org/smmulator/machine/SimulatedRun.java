package org.smmulator.machine;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ScheduleFailure;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.SimulatedOutcome;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Recorder;

/**
 * One run of a machine file on one scheduler and virtual time, from the boot to the last device's
 * leaving. The scenario's seed decides everything: the same file and seed give the same run.
 */
final class SimulatedRun {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedRun.class);

  private final MachineConfig config;
  private final ScenarioConfig story;
  private final Recorder recorder;
  private final Progress progress;
  private final BooleanSupplier stopped;
  private @Nullable Ending ending;
  private @Nullable Summary summary;
  private @Nullable UserException refused;

  /**
   * @throws UserException if the file describes no machine that can be simulated
   */
  SimulatedRun(MachineConfig config, Recorder recorder, Progress progress, BooleanSupplier stopped)
      throws UserException {
    this.config = config;
    this.story = MachineLauncher.simulatedScenario(config);
    this.recorder = recorder;
    this.progress = progress;
    this.stopped = stopped;
  }

  /**
   * Runs it.
   *
   * @throws UserException if the scenario stopped, or anything in the machine failed
   */
  SimulatedOutcome run() throws UserException {
    DeterministicExecution execution =
        new DeterministicExecution(
            story.seed(), Long.MAX_VALUE); // the scenario has a time of its own
    execution.recordSwitches(recorder);
    try {
      execution.run(() -> machine(execution));
    } catch (ScheduleFailure e) {
      LOG.error("the simulated machine failed", e);
      throw new UserException(ExitCode.INTERNAL, "the simulated machine failed: " + e.getMessage());
    }
    if (refused != null) {
      throw refused;
    }
    if (ending == null || summary == null) {
      throw new IllegalStateException("a run without an end");
    }
    return new SimulatedOutcome(
        ending, summary, execution.nanoTime(), execution.steps(), execution.switches());
  }

  /** On the first task. */
  private void machine(DeterministicExecution execution) {
    try {
      Machine machine =
          Machine.start(config, new SimulatedPlatform(execution, config.simulation()), recorder);
      try {
        ending = machine.runScenario(progress, stopped);
      } finally {
        machine.close();
      }
      summary = machine.summary();
    } catch (UserException e) {
      refused = e;
    }
  }
}
