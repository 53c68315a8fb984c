package org.smmulator.machine;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.sched.Task;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;

/**
 * A machine's scenario from its first step until the machine's own devices have left, so that their
 * last counts are in. Waits on the caller's thread, which is a task of the guest meanwhile.
 */
final class ScenarioRun {
  private static final Logger LOG = LoggerFactory.getLogger(ScenarioRun.class);

  private final GuestKernel kernel;
  private final ScenarioGuest guest;
  private final ScenarioConfig story;
  private final Scenario scenario;
  private final DataCheck check;
  private final List<PluggedDevice> devices;
  private final MachineRam ram;
  private final Supplier<Summary> summary;
  private final BooleanSupplier stopped;
  private final Glances glances;
  private final Runnable unplug;

  /**
   * @param steps those of its machine
   * @param expectations where what it expects is kept
   * @param config with a scenario
   * @param devices the machine's own
   * @param ram what it runs in
   * @param stopped whether the scenario is to end before its last step
   * @param unplug detaches the devices, when all steps are done
   */
  ScenarioRun(
      GuestSteps steps,
      Expectations expectations,
      MachineConfig config,
      DataCheck check,
      List<PluggedDevice> devices,
      MachineRam ram,
      Supplier<Summary> summary,
      BooleanSupplier stopped,
      Glances glances,
      Runnable unplug) {
    ScenarioConfig configured = config.scenario();
    if (configured == null) {
      throw new IllegalStateException("the machine file has no scenario");
    }
    this.guest = steps.guest();
    this.kernel = guest.kernel();
    this.story = configured;
    this.scenario = new Scenario(story, steps, expectations);
    this.check = check;
    this.devices = devices;
    this.ram = ram;
    this.summary = summary;
    this.stopped = stopped;
    this.glances = glances;
    this.unplug = unplug;
  }

  /** How many steps have begun; callable from any thread. */
  int stepsBegun() {
    return scenario.stepsBegun();
  }

  /**
   * Runs it.
   *
   * @return how it ended
   * @throws UserException if a step could not be done, a device of the machine did not come, or its
   *     RAM is lost
   */
  Ending run(Progress progress) throws UserException {
    ScenarioException[] failure = new ScenarioException[1];
    Task task =
        kernel
            .sched()
            .spawn(
                "scenario",
                () -> {
                  try {
                    scenario.run();
                  } catch (ScenarioException e) {
                    failure[0] = e;
                  }
                });
    boolean inTime = follow(task, progress);
    ram.requireWhole();
    if (task.isDone() && (failure[0] != null || task.failure() != null)) {
      throw new UserException(notDone(), describe(failure[0], task.failure()));
    }
    unplug.run();
    return inTime ? Ending.DONE : Ending.TIMED_OUT;
  }

  /** The exit code of a scenario that ended before its last step. */
  private ExitCode notDone() {
    return summary.get().verdict().clean() ? ExitCode.NOT_RUN : ExitCode.FAILED;
  }

  private static String describe(@Nullable ScenarioException refused, @Nullable Throwable failed) {
    if (refused != null) {
      return "the scenario stopped: " + refused.getMessage();
    }
    LOG.error("the scenario failed", failed);
    return "the scenario failed: " + failed;
  }

  /**
   * @throws UserException if the machine cannot go on
   */
  private boolean follow(Task task, Progress progress) throws UserException {
    long begun = kernel.sched().nanoTime();
    long deadline = begun + TimeUnit.SECONDS.toNanos(story.timeoutSeconds());
    while (!task.isDone() && kernel.sched().nanoTime() < deadline && !stopped.getAsBoolean()) {
      progress.update(line(kernel.sched().nanoTime() - begun));
      requireAttached();
      ram.requireWhole();
      kernel.sched().sleep(glances.nanos());
    }
    return task.isDone();
  }

  /** Time is left in real time alone: how long virtual time takes, nobody here knows. */
  private String line(long nanosSoFar) {
    ScenarioProgress far = scenario.progress();
    return String.format(
        "%d %%%s: step %d/%d %s, %,d of at most %,d operations, %,d bytes compared",
        far.percent(),
        glances.realTime() ? far.timeLeft(nanosSoFar) : "",
        Math.min(far.stepsDone() + 1, far.steps()),
        far.steps(),
        scenario.now(),
        guest.streams().operationsDone(),
        far.operations(),
        check.bytesCompared());
  }

  private void requireAttached() throws UserException {
    for (PluggedDevice device : devices) {
      guest.arrivals().requireComing(device, this::notDone);
    }
  }
}
