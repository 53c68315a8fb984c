package org.smmulator.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
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
  private volatile boolean stopped;

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
    if (stay) {
      throw usage("--stay: a simulated machine ends with its scenario; leave one of the two out");
    }
    Seeds seeds = options.seeds;
    if (seeds == null) {
      return one(report, scenario.seed(), recorder);
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

  /** Ctrl-C or another signal: what is known so far is said, in bounded time. */
  void stop() {
    stopped = true;
    try {
      if (!ended.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        output.say("smmulator: the simulation did not end in time; there are no tables");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static UserException usage(String sentence) {
    return new UserException(ExitCode.USAGE, sentence);
  }

  private ExitCode one(Report report, long seed, Recorder recorder) throws UserException {
    long start = System.nanoTime();
    SimulatedOutcome outcome;
    try (Progress progress = output.progress()) {
      outcome = launcher.simulate(config, recorder, progress, () -> stopped);
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
