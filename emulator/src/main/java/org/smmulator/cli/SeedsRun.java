package org.smmulator.cli;

import java.io.PrintWriter;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.SimulatedOutcome;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.Verdict;
import org.smmulator.record.Recorder;

/**
 * One machine file simulated with many seeds, as many at a time as there are processors, until all
 * are done or one fails.
 */
final class SeedsRun {
  /** The first failure that was seen; of several processors, not always that of the least seed. */
  record Failed(long seed, ExitCode code, String why, @Nullable Summary summary) {}

  private static final long GLANCE_MILLIS = 100;

  private final MachineLauncher launcher;
  private final MachineConfig config;
  private final Seeds seeds;
  private final Progress progress;
  private final AtomicLong next;
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong steps = new AtomicLong();
  private final AtomicLong switches = new AtomicLong();
  private final AtomicLong accesses = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicReference<@Nullable Failed> failed = new AtomicReference<>();
  private final BooleanSupplier stopped;
  private final long startNanos = System.nanoTime();

  /**
   * @param stopped ends it before the last seed
   */
  SeedsRun(
      MachineLauncher launcher,
      MachineConfig config,
      Seeds seeds,
      Progress progress,
      BooleanSupplier stopped) {
    this.launcher = launcher;
    this.config = config;
    this.seeds = seeds;
    this.progress = progress;
    this.stopped = stopped;
    this.next = new AtomicLong(seeds.first());
  }

  /** Runs them; the failure that ended it, or null. */
  @Nullable Failed run() throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    ExecutorService workers = Executors.newFixedThreadPool(processors);
    try {
      for (int i = 0; i < processors; i++) {
        workers.execute(this::work);
      }
      workers.shutdown();
      while (!workers.awaitTermination(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
        progress.update(total());
      }
      return failed.get();
    } finally {
      workers.shutdownNow();
    }
  }

  private void work() {
    for (long seed = next.getAndIncrement();
        seed <= seeds.last() && failed.get() == null && !stopped.getAsBoolean();
        seed = next.getAndIncrement()) {
      Failed failure = runOne(seed);
      if (failure != null) {
        failed.compareAndSet(null, failure);
      }
    }
  }

  private @Nullable Failed runOne(long seed) {
    Progress silent = new Progress(new PrintWriter(PrintWriter.nullWriter()), false, () -> 0);
    try {
      SimulatedOutcome outcome =
          launcher.simulate(config.withSeed(seed), Recorder.OFF, silent, stopped);
      if (stopped.getAsBoolean()) {
        return null; // it may have been cut short
      }
      done.incrementAndGet();
      steps.addAndGet(outcome.steps());
      switches.addAndGet(outcome.switches());
      accesses.addAndGet(outcome.summary().verdict().checked(CheckedCounter.ACCESSES_CHECKED));
      bytes.addAndGet(outcome.summary().verdict().checked(CheckedCounter.BYTES_COMPARED));
      if (outcome.ending() == Ending.TIMED_OUT) {
        return new Failed(
            seed,
            ExitCode.TIMED_OUT,
            "did not finish in scenario.timeoutSeconds",
            outcome.summary());
      }
      Verdict verdict = outcome.summary().verdict();
      return verdict.passed()
          ? null
          : new Failed(
              seed,
              Run.code(outcome.ending(), outcome.summary()),
              verdict.why(),
              outcome.summary());
    } catch (UserException e) {
      return new Failed(seed, e.exitCode(), String.valueOf(e.getMessage()), null);
    } catch (RuntimeException e) {
      return new Failed(seed, ExitCode.INTERNAL, "internal error: " + e, null);
    }
  }

  /** What has been done so far, in one line. */
  String total() {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    return String.format(
        "%,d of %,d machines, %,d steps, %,d hand-overs, %,d accesses checked, %,d bytes compared,"
            + " %.0f s",
        done.get(),
        seeds.count(),
        steps.get(),
        switches.get(),
        accesses.get(),
        bytes.get(),
        seconds);
  }
}
