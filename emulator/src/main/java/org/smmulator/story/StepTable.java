package org.smmulator.story;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.metrics.StepSummary;
import org.smmulator.record.Detail;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;

/**
 * Counts what each step of a scenario did, by the causes of what happened; the first leave when the
 * steps and their devices take more than {@value #MOST_ROWS} rows. Thread-safe.
 */
public final class StepTable implements EventReader {
  /** Steps by hand may go on for as long as the machine runs. */
  private static final int MOST_ROWS = 1 << 16;

  private static final int PAGE_LOG2 = 12;

  /** A step while it is counted; its effects may go on after its end. */
  private static final class Counted {
    final String step;
    final long pages;
    final Map<String, CountedOnDevice> devices = new TreeMap<>();
    long notifierCalls;
    long commands;
    long firstNanos = -1;
    boolean isLeftOut;

    Counted(String step, long pages) {
      this.step = step;
      this.pages = pages;
    }

    void begins(long nanos) {
      firstNanos = firstNanos < 0 ? nanos : firstNanos;
    }

    int rows() {
      return 1 + devices.size();
    }

    StepSummary summary() {
      List<StepSummary.OnDevice> all = new ArrayList<>();
      devices.forEach((device, counted) -> all.add(counted.summary(device, firstNanos)));
      return new StepSummary(step, pages, notifierCalls, commands, all);
    }
  }

  private static final class CountedOnDevice {
    long requests;
    long told;
    long dropped;
    long outside;
    boolean unlisted;
    long lastNanos = -1;
    long lastTold;

    StepSummary.OnDevice summary(String device, long firstNanos) {
      boolean known = told == requests;
      return new StepSummary.OnDevice(
          device,
          requests,
          known ? dropped : Counts.UNKNOWN,
          known && !unlisted ? outside : Counts.UNKNOWN,
          lastNanos < 0 ? Counts.UNKNOWN : lastNanos - firstNanos);
    }
  }

  /** What follows from an event: its step, and the range that the change named. */
  private record Change(Counted step, long first, long last) {}

  private final Deque<Counted> steps = new ArrayDeque<>();
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
    changes.put(event.id(), change);
    Counted step = change.step;
    switch (event.kind()) {
      case NOTIFIER_BEGINS -> {
        step.notifierCalls++;
        step.begins(event.nanos());
      }
      case COMMANDS_QUEUED -> step.begins(event.nanos());
      case COMMAND -> step.commands++;
      case INVALIDATION -> on(step, event.who()).requests++;
      case ENTRIES_DROPPED -> dropped(event, change, on(step, event.who()));
      case INVALIDATION_COMPLETED -> on(step, event.who()).lastNanos = event.nanos();
      default -> {}
    }
  }

  private @Nullable Change changeOf(RecordedEvent event) {
    switch (event.kind()) {
      case STEP_BEGINS -> {
        Counted step = new Counted(event.name(0), event.value(2));
        steps.add(step);
        rows++;
        bound();
        return new Change(step, 0, -1);
      }
      case NOTIFIER_BEGINS -> {
        Change outer = changes.get(event.cause());
        return outer == null ? null : new Change(outer.step, event.value(2), event.value(3));
      }
      default -> {
        return changes.get(event.cause());
      }
    }
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
      Counted oldest = steps.removeFirst();
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

  /** The steps begun so far, in their order, without those that were too long ago. */
  public synchronized List<StepSummary> steps() {
    return steps.stream().map(Counted::summary).toList();
  }
}
