package org.smmulator.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.execution.explore.Explorer;
import org.smmulator.execution.explore.Story;
import org.smmulator.execution.explore.StoryFailure;
import org.smmulator.launch.Progress;

/**
 * Stories in turn, some seeds of each at a time, on several threads, until the time is over, the
 * seeds are done, or each has ended badly. The monitor guards what they have found so far.
 */
final class HuntRun {
  private static final int SEEDS_OF_A_TURN = 5;
  private static final long GLANCE_MILLIS = 200;

  private final List<Story> stories;
  private final Seeds seeds;
  private final long nanos;
  private final int jobs;
  private final BooleanSupplier stopped;
  private final long startNanos = System.nanoTime();
  private final Map<String, Exploration> explored = new LinkedHashMap<>();
  private final Map<String, StoryFailure> finds = new LinkedHashMap<>();
  private long turns;
  private boolean over;

  /** A story with some seeds in a row. */
  private record Turn(Story story, long firstSeed, int seeds) {}

  /**
   * @param nanos how long it may take
   * @param jobs how many orders at a time
   */
  HuntRun(List<Story> stories, Seeds seeds, long nanos, int jobs, BooleanSupplier stopped) {
    this.stories = List.copyOf(stories);
    this.seeds = seeds;
    this.nanos = nanos;
    this.jobs = jobs;
    this.stopped = stopped;
    for (Story story : stories) {
      explored.put(story.name(), new Exploration(story.name(), List.of()));
    }
  }

  void run(Progress progress) throws InterruptedException {
    ExecutorService workers = Executors.newFixedThreadPool(jobs);
    List<Future<?>> work = new ArrayList<>();
    try {
      for (int i = 0; i < jobs; i++) {
        work.add(workers.submit(this::work));
      }
      workers.shutdown();
      while (!workers.awaitTermination(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
        progress.update(progress());
      }
      for (Future<?> worker : work) {
        worker.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a story could not be told: " + e.getCause(), e.getCause());
    } finally {
      workers.shutdownNow();
    }
  }

  private void work() {
    boolean whole = false;
    try (Explorer explorer = new Explorer()) {
      for (Turn turn = next(); turn != null; turn = next()) {
        tell(explorer, turn);
      }
      whole = true;
    } finally {
      if (!whole) {
        end();
      }
    }
  }

  private synchronized void end() {
    over = true;
  }

  private synchronized @Nullable Turn next() {
    while (finds.size() < stories.size() && !over && !isTimeOver()) {
      Story story = stories.get((int) (turns % stories.size()));
      long seed = nextSeed();
      if (seed > seeds.last()) {
        return null;
      }
      turns++;
      if (!finds.containsKey(story.name())) {
        int count = (int) Math.min(SEEDS_OF_A_TURN, seeds.last() - seed + 1);
        return new Turn(story, seed, count);
      }
    }
    return null;
  }

  /** No seed from here on has been told of any story that comes first. */
  synchronized long nextSeed() {
    return seeds.first() + turns / stories.size() * SEEDS_OF_A_TURN;
  }

  private boolean isTimeOver() {
    return stopped.getAsBoolean() || System.nanoTime() - startNanos >= nanos;
  }

  private void tell(Explorer explorer, Turn turn) {
    try {
      add(turn, explorer.draw(turn.story, turn.firstSeed, turn.seeds));
    } catch (StoryFailure failure) {
      add(turn, failure);
    }
  }

  private synchronized void add(Turn turn, Exploration more) {
    explored.merge(turn.story.name(), more, Exploration::and);
  }

  /** Of two threads' finds the one of the lesser seed stays. */
  private synchronized void add(Turn turn, StoryFailure failure) {
    finds.merge(
        turn.story.name(), failure, (one, other) -> one.seed() <= other.seed() ? one : other);
    add(turn, Exploration.upTo(failure));
  }

  synchronized List<Exploration> explored() {
    return List.copyOf(explored.values());
  }

  /** By the names of their stories. */
  synchronized Map<String, StoryFailure> finds() {
    return new LinkedHashMap<>(finds);
  }

  /** What has been done so far, in one line. */
  String total() {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    long orders = 0;
    long checks = 0;
    for (Exploration story : explored()) {
      orders += story.orders();
      checks += story.rows().stream().mapToLong(Exploration.Row::checks).sum();
    }
    return String.format(
        Locale.ROOT,
        "%,d orders, %,d accesses checked, %d finds; %.0f s, %.1f orders a second",
        orders,
        checks,
        finds().size(),
        seconds,
        orders / Math.max(seconds, 1e-9));
  }

  private String progress() {
    if (nanos == Long.MAX_VALUE) {
      return total() + ", up to seed " + nextSeed() + " of " + seeds.last();
    }
    long left = Math.max(0, nanos - (System.nanoTime() - startNanos)) / 1_000_000_000;
    return String.format(Locale.ROOT, "%s, %d:%02d left", total(), left / 60, left % 60);
  }
}
