package org.smmulator.machine;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ScheduleFailure;
import org.smmulator.execution.Visitors;
import org.smmulator.history.Pace;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.SimulatedMachineRun;
import org.smmulator.launch.MachineLauncher.SimulatedOutcome;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;

/**
 * One run of a machine file on one scheduler and virtual time, from the boot to the last device's
 * leaving. The scenario's seed decides everything: the same file and seed give the same run, also
 * if somebody watches it.
 */
final class SimulatedRun implements SimulatedMachineRun {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedRun.class);

  private final MachineConfig config;
  private final Recorder recorder;
  private final DeterministicExecution execution;
  private final Visitors visitors;

  /** Set by the run's first task; visitors see it. */
  private volatile @Nullable Machine machine;

  private @Nullable Ending ending;
  private @Nullable Summary summary;
  private @Nullable UserException refused;

  /**
   * @throws UserException if the file describes no machine that can be simulated
   */
  SimulatedRun(MachineConfig config, Recorder wanted) throws UserException {
    ScenarioConfig story = MachineLauncher.simulatedScenario(config);
    this.config = config;
    this.recorder = Machine.recorder(config, wanted);
    // The scenario has a time of its own: no number of steps is too many.
    this.execution = new DeterministicExecution(story.seed(), Long.MAX_VALUE);
    this.visitors = execution.visitors();
    execution.recordSwitches(recorder);
  }

  @Override
  public SimulatedOutcome run(Progress progress, BooleanSupplier stopped) throws UserException {
    try {
      execution.run(() -> machine(progress, stopped));
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
  private void machine(Progress progress, BooleanSupplier stopped) {
    try {
      Machine made =
          Machine.start(config, new SimulatedPlatform(execution, config.simulation()), recorder);
      machine = made;
      try {
        ending = made.runScenario(progress, stopped);
      } finally {
        made.close();
      }
      summary = made.summary();
    } catch (UserException e) {
      refused = e;
    }
  }

  @Override
  public long nanoTime() {
    return visitors.look(execution::nanoTime);
  }

  @Override
  public Summary summary() {
    return visitors.look(
        () -> {
          Machine made = machine;
          return made == null ? Summary.EMPTY : made.summaryAtRest();
        });
  }

  @Override
  public ProcessTable processes() {
    return visitors.look(() -> started().processes());
  }

  @Override
  public StreamsTable streams() {
    return visitors.look(() -> started().streams());
  }

  @Override
  public List<String> explain(Question question) {
    return visitors.look(() -> started().explain(question));
  }

  @Override
  public AtcContents atc(int requesterId) {
    return visitors.look(() -> started().atc(requesterId));
  }

  private Machine started() {
    Machine made = machine;
    if (made == null) {
      throw new IllegalStateException("the machine has not started yet; ask again");
    }
    return made;
  }

  @Override
  public Pace pace() {
    return new VirtualPace(visitors, () -> machine);
  }
}
