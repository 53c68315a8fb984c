package org.smmulator.story;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.counter.Counts;
import org.smmulator.metrics.StepSummary;
import org.smmulator.record.Detail;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;

/**
 * Counts what each step of a scenario did, by the causes of what happened: a row for each step of
 * the file, however often it is done. What happens in a step that is made of others counts for
 * both. The first rows leave when the steps and their devices take more than {@value #MOST_ROWS}.
 * Thread-safe.
 */
public final class StepTable implements EventReader {
  /** Steps by hand may go on for as long as the machine runs. */
  private static final int MOST_ROWS = 1 << 16;

  private static final int PAGE_LOG2 = 12;

  /** A step while it is counted; its effects may go on after its end. */
  private static final class Counted {
    final String step;
    final long number;
    final long pages;

    /** The step that it is inside of, if any. */
    final @Nullable Counted outer;

    final Map<String, CountedOnDevice> devices = new TreeMap<>();
    final Map<String, Long> calls = new TreeMap<>();
    final Map<CommandOpcode, Long> opcodes = new EnumMap<>(CommandOpcode.class);
    long notifierCalls;
    long commands;
    long firstNanos = -1;
    boolean isLeftOut;
    boolean hasOthersInside;

    Counted(String step, long number, long pages, @Nullable Counted outer) {
      this.step = step;
      this.number = number;
      this.pages = pages;
      this.outer = outer;
    }

    void begins(long nanos) {
      firstNanos = firstNanos < 0 ? nanos : firstNanos;
    }

    int rows() {
      return 1 + devices.size();
    }

    void called(String callback) {
      notifierCalls++;
      calls.merge(callback, 1L, Long::sum);
    }

    void executed(@Nullable CommandOpcode opcode) {
      commands++;
      if (opcode != null) {
        opcodes.merge(opcode, 1L, Long::sum);
      }
    }

    StepCounts counts() {
      return new StepCounts(notifierCalls, calls, opcodes, summary().devices());
    }

    StepSummary summary() {
      List<StepSummary.OnDevice> all = new ArrayList<>();
      devices.forEach((device, counted) -> all.add(counted.summary(device)));
      return new StepSummary(step, pages, notifierCalls, commands, all);
    }
  }

  private static final class CountedOnDevice {
    long requests;
    long told;
    long dropped;
    long outside;
    boolean unlisted;
    long longestNanos = Counts.UNKNOWN;
    long lastTold;

    StepSummary.OnDevice summary(String device) {
      boolean known = told == requests;
      return new StepSummary.OnDevice(
          device,
          requests,
          known ? dropped : Counts.UNKNOWN,
          known && !unlisted ? outside : Counts.UNKNOWN,
          longestNanos);
    }
  }

  /** What follows from an event: its step, and the range that the change named. */
  private record Change(Counted step, long first, long last) {}

  /** By their numbers, in the order in which they were first begun. */
  private final Map<Long, Counted> steps = new LinkedHashMap<>();

  private int rows;
  private final Causes<Change> changes = new Causes<>();

  @Override
  public Detail detail() {
    return Detail.COMMANDS;
  }

  @Override
  public synchronized void event(RecordedEvent event) {
    Change change = changeOf(event);
    if (change == null) {
      return;
    }
    switch (event.kind()) {
      case STEP_BEGINS -> changes.hold(event.id(), change);
      case STEP_ENDS -> changes.release(event.cause());
      default -> changes.put(event.id(), change);
    }
    for (Counted step = change.step; step != null; step = step.outer) {
      count(event, change, step);
    }
  }

  private void count(RecordedEvent event, Change change, Counted step) {
    switch (event.kind()) {
      case NOTIFIER_BEGINS -> {
        step.called(event.name(1));
        step.begins(event.nanos());
      }
      case COMMANDS_QUEUED -> step.begins(event.nanos());
      case COMMAND -> step.executed(CommandOpcode.of(event.value(0)));
      case INVALIDATION -> on(step, event.who()).requests++;
      case ENTRIES_DROPPED -> dropped(event, change, on(step, event.who()));
      case INVALIDATION_COMPLETED -> {
        CountedOnDevice device = on(step, event.who());
        if (step.firstNanos >= 0) {
          long nanos = event.nanos() - step.firstNanos;
          device.longestNanos = Math.max(device.longestNanos, nanos);
        }
      }
      default -> {}
    }
  }

  private @Nullable Change changeOf(RecordedEvent event) {
    Change outer = changes.get(event.cause());
    return switch (event.kind()) {
      case STEP_BEGINS -> new Change(begun(event, outer == null ? null : outer.step), 0, -1);
      case NOTIFIER_BEGINS ->
          outer == null ? null : new Change(outer.step, event.value(2), event.value(3));
      default -> outer;
    };
  }

  /** The row of a step, perhaps from an earlier round. */
  private Counted begun(RecordedEvent event, @Nullable Counted outer) {
    long number = event.value(1);
    Counted step = steps.get(number);
    if (step == null) {
      step = new Counted(event.name(0), number, event.value(2), outer);
      steps.put(number, step);
      rows++;
      bound();
    }
    step.firstNanos = -1;
    if (outer != null) {
      outer.hasOthersInside = true;
    }
    return step;
  }

  private CountedOnDevice on(Counted step, String device) {
    CountedOnDevice counted = step.devices.get(device);
    if (counted == null) {
      counted = new CountedOnDevice();
      step.devices.put(device, counted);
      rows += step.isLeftOut ? 0 : 1;
      bound();
    }
    return counted;
  }

  private void bound() {
    while (rows > MOST_ROWS && steps.size() > 1) {
      Counted oldest = steps.values().iterator().next();
      steps.remove(oldest.number);
      oldest.isLeftOut = true;
      rows -= oldest.rows();
    }
  }

  /** One request may be told of in several runs. */
  private static void dropped(RecordedEvent event, Change change, CountedOnDevice device) {
    if (device.lastTold != event.cause()) {
      device.lastTold = event.cause();
      device.told++;
    }
    long entries = event.value(0);
    long first = event.value(1);
    long last = event.value(2);
    device.dropped += entries;
    boolean listed = first != 0 || last != -1;
    boolean everything = change.first == 0 && (change.last < 0 || change.last >>> 47 != 0);
    if (listed) {
      device.outside += everything ? 0 : entries - pagesOfBoth(change, first, last);
    } else {
      device.unlisted |= entries > 0 && !everything;
    }
  }

  private static long pagesOfBoth(Change change, long first, long last) {
    long from = Math.max(change.first, first) >>> PAGE_LOG2;
    long to = Math.min(change.last, last) >>> PAGE_LOG2;
    return Math.max(0, to - from + 1);
  }

  /** The step that an event followed from; null if that is not known, or not any more. */
  public synchronized @Nullable String stepOf(long event) {
    Change change = changes.get(event);
    return change == null ? null : change.step.step;
  }

  /**
   * The steps begun so far, in the order in which they first were, without those that were too long
   * ago and those that are made of others.
   */
  public synchronized List<StepSummary> steps() {
    return steps.values().stream()
        .filter(step -> !step.hasOthersInside)
        .map(Counted::summary)
        .toList();
  }

  /** The step of a number, made of others or not; null if it has not begun. */
  synchronized @Nullable StepSummary step(long number) {
    Counted step = steps.get(number);
    return step == null ? null : step.summary();
  }

  /** What the step of a number did, in detail; nothing before it has begun. */
  synchronized StepCounts counts(long number) {
    Counted step = steps.get(number);
    return step == null ? StepCounts.NOTHING : step.counts();
  }
}
