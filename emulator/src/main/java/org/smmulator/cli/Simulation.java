package org.smmulator.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.SimulatedMachineRun;
import org.smmulator.launch.MachineLauncher.SimulatedOutcome;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.record.Recorder;

/** {@code smmulator run --simulated}: one run on virtual time, or one for each of many seeds. */
final class Simulation {
  private static final int STOP_SECONDS = 15;

  private final MachineLauncher launcher;
  private final MachineConfig config;
  private final String words;
  private final SimulateOptions options;
  private final Output output;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private volatile boolean stopped;
  private volatile @Nullable LiveSimulation watched;
  private volatile @Nullable Integer codeOfStop;

  /**
   * @param words the machine file and what changes it, as the user gave them
   */
  Simulation(
      MachineLauncher launcher,
      MachineConfig config,
      String words,
      SimulateOptions options,
      Output output) {
    this.launcher = launcher;
    this.config = config;
    this.words = words;
    this.options = options;
    this.output = output;
  }

  ExitCode run(Report report, boolean stay, Recorder recorder) throws UserException {
    try {
      return simulate(report, stay, recorder);
    } finally {
      ended.countDown();
    }
  }

  private ExitCode simulate(Report report, boolean stay, Recorder recorder) throws UserException {
    ScenarioConfig scenario = MachineLauncher.simulatedScenario(config);
    if (stay && !options.live) {
      throw usage(
          "--stay: a simulated machine ends with its scenario; with --live its page can stay");
    }
    Seeds seeds = options.seeds;
    if (seeds == null) {
      return options.live
          ? live(report, scenario.seed(), recorder, stay)
          : one(report, scenario.seed(), launcher.simulated(config, recorder));
    }
    if (options.live) {
      throw usage("--live: with --seeds there would be many machines; name one --seed");
    }
    if (options.events != null || options.perfetto != null) {
      String option = options.events != null ? "--events" : "--perfetto";
      throw usage(option + ": with --seeds there would be many stories; name one --seed");
    }
    for (DeviceConfig device : config.devices()) {
      if (device.record() != null) {
        throw usage(
            "--seeds: device "
                + device.id()
                + " records to "
                + device.record()
                + ", and so would that of every seed; name one --seed, or remove its record");
      }
    }
    return many(report, seeds);
  }

  /**
   * Ctrl-C or another signal: what is known so far is said, in bounded time.
   *
   * @return the exit code if the run was over and only its page was up; null if the signal's own is
   *     right
   */
  @Nullable Integer stop() {
    stopped = true;
    LiveSimulation live = watched;
    if (live != null) {
      live.run().pace().run();
    }
    left.countDown();
    try {
      if (!ended.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        output.say("smmulator: the simulation did not end in time; there are no tables");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return codeOfStop;
  }

  private static UserException usage(String sentence) {
    return new UserException(ExitCode.USAGE, sentence);
  }

  private ExitCode live(Report report, long seed, Recorder recorder, boolean stay)
      throws UserException {
    try (LiveSimulation live = LiveSimulation.start(launcher, config, recorder, options.paused)) {
      watched = live;
      output.say("live page: http://" + live.address() + "/");
      output.say("to pause and step, paste the token in " + live.tokenFile());
      ExitCode code = one(report, seed, live.run());
      if (stay && !stopped) {
        codeOfStop = output.endsWith(code.code());
        output.say("the run is over; Ctrl-C stops its page");
        left.await();
      }
      return code;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.STOPPED;
    }
  }

  private ExitCode one(Report report, long seed, SimulatedMachineRun run) throws UserException {
    long start = System.nanoTime();
    SimulatedOutcome outcome;
    try (Progress progress = output.progress()) {
      outcome = run.run(progress, () -> stopped);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    output.say(
        String.format(
            "simulated with seed %d: %.6f s of virtual time in %.1f s, %,d steps, %,d hand-overs"
                + " between tasks",
            seed, outcome.virtualNanos() / 1e9, seconds, outcome.steps(), outcome.switches()));
    if (stopped) {
      return report.give(outcome.summary()::cutShort, ExitCode.STOPPED);
    }
    ExitCode code = report.give(outcome::summary, Run.code(outcome.ending(), outcome.summary()));
    if (outcome.ending() == Ending.TIMED_OUT) {
      output.say(
          "smmulator: the scenario did not finish in scenario.timeoutSeconds of virtual time");
    }
    return code;
  }

  private ExitCode many(Report report, Seeds seeds) throws UserException {
    SeedsRun.Failed failed;
    SeedsRun run;
    try (Progress progress = output.progress()) {
      run = new SeedsRun(launcher, config, seeds, progress, () -> stopped);
      failed = run.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.STOPPED;
    }
    output.say(run.total());
    if (stopped) {
      return ExitCode.STOPPED;
    }
    if (failed == null) {
      output.say("all seeds passed");
      return ExitCode.OK;
    }
    Summary summary = failed.summary();
    ExitCode code = summary == null ? failed.code() : report.give(() -> summary, failed.code());
    output.say("seed " + failed.seed() + ": " + failed.why() + "; to repeat it:");
    output.say("smmulator run " + words + " --simulated --seed " + failed.seed());
    return code;
  }
}
