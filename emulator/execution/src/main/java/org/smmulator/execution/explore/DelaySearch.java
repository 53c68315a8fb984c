package org.smmulator.execution.explore;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.execution.Recording;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.Schedule.Deviation;

/**
 * Every order of a story that is at most so many delays away from the default one (Emmi, Qadeer,
 * Rakamaric, Delay-bounded scheduling, POPL 2011), each once: all of one delay before any of two,
 * so that the first failure is among the simplest. Only points of the story's race are delayed.
 *
 * <p>An order is found as the extension, at one later point, of an order with fewer delays that has
 * been run: what there is to choose from at a point is known from that run alone.
 */
final class DelaySearch {
  /** Runs the story once, and throws what the search ends with. */
  interface Run {
    Recording of(Schedule schedule);
  }

  /**
   * What was searched.
   *
   * @param orders how many orders ran
   * @param exhausted whether these are all within the bound; else the limit on runs ended it
   */
  record Result(int orders, boolean exhausted) {}

  /** An order that has run, with delays left. */
  private record Explored(Schedule schedule, Recording recording) {
    /** Where it may be delayed next. */
    int begin() {
      List<Deviation> deviations = schedule.deviations();
      int last = deviations.isEmpty() ? -1 : deviations.get(deviations.size() - 1).point();
      return Math.max(last + 1, recording.firstOfRace());
    }
  }

  private final int bound;
  private final int maxOrders;
  private final Run run;
  private final List<Explored> explored = new ArrayList<>();
  private int orders;

  DelaySearch(int bound, int maxOrders, Run run) {
    this.bound = bound;
    this.maxOrders = maxOrders;
    this.run = run;
  }

  Result search() {
    visit(Schedule.DEFAULT);
    boolean all = true;
    for (int delays = 1; delays <= bound && all; delays++) {
      all = visitAll(delays);
    }
    return new Result(orders, all);
  }

  /** All orders of exactly so many delays; false if the limit on runs came before their end. */
  private boolean visitAll(int delays) {
    for (Explored shorter : List.copyOf(explored)) {
      int more = delays - shorter.schedule.delays();
      for (int at = shorter.begin(); at < shorter.recording.endOfRace(); at++) {
        if (shorter.recording.choices(at) <= more) {
          continue;
        }
        if (orders >= maxOrders) {
          return false;
        }
        Recording longer = visit(shorter.schedule.and(new Deviation(at, more)));
        assertSameUpTo(at, shorter, longer);
      }
    }
    return true;
  }

  private Recording visit(Schedule schedule) {
    orders++;
    Recording recording = run.of(schedule);
    if (schedule.delays() < bound) {
      explored.add(new Explored(schedule, recording));
    }
    return recording;
  }

  private static void assertSameUpTo(int point, Explored shorter, Recording longer) {
    if (!longer.agreesWith(shorter.recording, point + 1)) {
      throw new IllegalStateException(
          "two runs of schedule %s differ before point %d: the story depends on more than its order"
              .formatted(shorter.schedule, point));
    }
  }
}
