package org.smmulator.execution.explore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Schedule;
import org.smmulator.execution.Schedule.Deviation;

/**
 * Takes deviations from a schedule that fails for as long as it fails in the same way (delta
 * debugging: Zeller, Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002). What is
 * left is minimal if the limit on runs did not end it: without any one of its deviations it does
 * not fail so.
 */
final class Shortening {
  private static final Comparator<Schedule> SIZE =
      Comparator.<Schedule>comparingInt(s -> s.deviations().size())
          .thenComparingInt(Schedule::delays);

  /** Runs a schedule. */
  interface Trial {
    /** What really deviated, if it failed in the same way; null if not. */
    @Nullable Schedule failing(Schedule schedule);
  }

  private final Trial trial;
  private int runsLeft;
  private Schedule shortest;

  Shortening(Schedule failing, int maxRuns, Trial trial) {
    this.shortest = failing;
    this.runsLeft = maxRuns;
    this.trial = trial;
  }

  Schedule shorten() {
    int chunk = length();
    while (chunk > 0 && runsLeft > 0) {
      if (!removeOne(chunk)) {
        chunk = chunk == 1 ? 0 : (chunk + 1) / 2;
      }
      chunk = Math.min(chunk, length());
    }
    return shortest;
  }

  private int length() {
    return shortest.deviations().size();
  }

  /** From the end, since what comes after a deviation that is taken away happens elsewhere. */
  private boolean removeOne(int chunk) {
    List<Deviation> all = shortest.deviations();
    for (int end = all.size(); end > 0; end -= chunk) {
      List<Deviation> fewer = new ArrayList<>(all);
      fewer.subList(Math.max(0, end - chunk), end).clear();
      if (stillFails(new Schedule(fewer))) {
        return true;
      }
    }
    return false;
  }

  private boolean stillFails(Schedule candidate) {
    if (runsLeft == 0) {
      return false;
    }
    runsLeft--;
    Schedule found = trial.failing(candidate);
    if (found == null || SIZE.compare(found, shortest) >= 0) {
      return false;
    }
    shortest = found;
    return true;
  }
}
