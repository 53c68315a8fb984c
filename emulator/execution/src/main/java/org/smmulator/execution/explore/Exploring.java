package org.smmulator.execution.explore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Order;
import org.smmulator.execution.Recording;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.ScheduleFailure;
import org.smmulator.execution.ScheduledOrder;
import org.smmulator.execution.TaskThreads;
import org.smmulator.execution.UniformOrder;
import org.smmulator.execution.WallClock;
import org.smmulator.record.Recorder;

/** One story, told in one order after another. */
final class Exploring {
  /** A story is small: after so many points a run is a livelock. */
  private static final long MAX_POINTS = 200_000;

  private static final int MAX_SHORTENING_RUNS = 500;
  private static final int DEEPEST = 4;

  private final Story story;
  private final TaskThreads threads;
  private final WallClock clock;
  private final Recorder recorder;
  private final List<Exploration.Row> rows = new ArrayList<>();
  private final Map<String, Integer> met = new LinkedHashMap<>();
  private int ordersOfRow;
  private int orders;
  private long checks;
  private long since;
  private boolean hasRace;
  private long longestRace = 1;

  /** Makes the order of a seed. */
  private interface Drawn {
    Order of(long seed);
  }

  /** How a run went. */
  private record Told(Recording recording, @Nullable ScheduleFailure failure) {}

  Exploring(Story story, TaskThreads threads, WallClock clock, Recorder recorder) {
    this.story = story;
    this.threads = threads;
    this.clock = clock;
    this.recorder = recorder;
    this.since = clock.nanoTime();
  }

  void exhaustively(int delays, int maxOrders) {
    DelaySearch search = new DelaySearch(delays, maxOrders, this::run);
    DelaySearch.Result result = search.search();
    endRow(
        "all of " + delays + " delays",
        result.exhausted() ? "exhausted" : "capped",
        result.orders());
  }

  /** For its length only. */
  void byDefault() {
    run(Schedule.DEFAULT);
    endRow("default order", "one", 1);
  }

  void byPriorities(long firstSeed, int count) {
    long length = longestRace;
    for (int depth = 2; depth <= DEEPEST; depth++) {
      int depthOfRow = depth;
      draw(firstSeed, count, seed -> new PriorityOrder(seed, depthOfRow, length));
      endRow("priorities, depth " + depth, "k = " + length, count);
    }
  }

  void uniformly(long firstSeed, int count) {
    draw(firstSeed, count, UniformOrder::new);
    endRow("uniform", "drawn", count);
  }

  void repeat(Schedule schedule, long seed) {
    run(new ScheduledOrder(schedule, seed));
    endRow("repeat", "one", 1);
  }

  /** Runs it once, whatever its end. */
  void record(Schedule schedule, long seed) {
    tell(schedule, seed);
  }

  private void draw(long firstSeed, int count, Drawn drawn) {
    for (int i = 0; i < count; i++) {
      Order order = drawn.of(firstSeed + i);
      run(hasRace ? new RaceOrder(order) : order);
    }
  }

  private Recording run(Schedule schedule) {
    return run(new ScheduledOrder(schedule));
  }

  private Recording run(Order order) {
    ordersOfRow++;
    Meetings meetings = new Meetings(story.meetings());
    Told told = tell(order, meetings);
    for (String meeting : meetings.happened()) {
      met.merge(meeting, 1, Integer::sum);
    }
    checks += meetings.checks();
    if (told.failure != null) {
      throw failed(order.seed(), told.recording, told.failure);
    }
    hasRace |= told.recording.hasRace();
    longestRace = Math.max(longestRace, told.recording.pointsOfRace());
    return told.recording;
  }

  private Told tell(Order order, Meetings meetings) {
    DeterministicExecution execution = new DeterministicExecution(order, MAX_POINTS, threads);
    Recording recording = execution.record();
    execution.recordSwitches(recorder);
    try {
      execution.run(() -> tell(execution, meetings));
      return new Told(recording, null);
    } catch (ScheduleFailure failure) {
      return new Told(recording, failure);
    }
  }

  private void tell(DeterministicExecution execution, Meetings meetings) {
    try {
      story.teller().tell(execution, meetings);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private StoryFailure failed(long seed, Recording recording, ScheduleFailure failure) {
    Schedule found = recording.schedule();
    String kind = kind(failure);
    Told again = tell(found, seed);
    boolean repeats = again.failure != null && kind(again.failure).equals(kind);
    Schedule shortened = repeats ? shortened(found, seed, kind) : found;
    Told last = tell(shortened, seed);
    StringBuilder text = new StringBuilder();
    text.append(story.name()).append(", order ").append(orders + ordersOfRow).append(" in all: ");
    text.append(failure.getMessage());
    text.append("\nas found, deviations: ").append(found.deviations().size());
    text.append(recording.story());
    if (repeats) {
      text.append("\nshortened, deviations: ").append(shortened.deviations().size());
      text.append(last.recording.story());
    } else {
      text.append("\nits schedule does not repeat it: the story depends on more than its order");
    }
    text.append("\nrepeat: ").append(story.repeat());
    text.append(" -Dsmmulator.schedule=").append(shortened);
    text.append(seed == 0 ? "" : " -Dsmmulator.seed=" + seed);
    Throwable cause = Optional.ofNullable(failure.getCause()).orElse(failure);
    return new StoryFailure(text.toString(), story, shortened, seed, orders + ordersOfRow, cause);
  }

  private Told tell(Schedule schedule, long seed) {
    return tell(new ScheduledOrder(schedule, seed), new Meetings(story.meetings()));
  }

  private Schedule shortened(Schedule found, long seed, String kind) {
    Shortening shortening =
        new Shortening(
            found,
            MAX_SHORTENING_RUNS,
            schedule -> {
              Told told = tell(schedule, seed);
              boolean same = told.failure != null && kind(told.failure).equals(kind);
              return same ? told.recording.schedule() : null;
            });
    return shortening.shorten();
  }

  /** What was thrown, and the head of what it says, numbers aside. */
  private static String kind(ScheduleFailure failure) {
    Throwable thrown = Optional.ofNullable(failure.getCause()).orElse(failure);
    String head = String.valueOf(thrown.getMessage()).strip().lines().findFirst().orElse("");
    return thrown.getClass().getName() + ": " + head.replaceAll("[0-9a-f]*[0-9][0-9a-f]*", "#");
  }

  private void endRow(String strategy, String extent, int ordersRun) {
    long now = clock.nanoTime();
    Map<String, Integer> ofRow = new LinkedHashMap<>();
    story.meetings().forEach(meeting -> ofRow.put(meeting, met.getOrDefault(meeting, 0)));
    rows.add(new Exploration.Row(strategy, ordersRun, extent, ofRow, checks, now - since));
    orders += ordersOfRow;
    ordersOfRow = 0;
    checks = 0;
    met.clear();
    since = now;
  }

  Exploration result() {
    return new Exploration(story.name(), rows);
  }

  /** The result, if everything happened that the story is about. */
  Exploration end() {
    Exploration result = result();
    for (String meeting : story.meetings()) {
      if (result.met(meeting) == 0) {
        throw new MissedMeeting(
            "%s: '%s' happened in none of %d orders\n%s"
                .formatted(story.name(), meeting, result.orders(), result));
      }
    }
    return result;
  }
}
