package org.smmulator.machine;

import java.util.Locale;

/**
 * How far a scenario is. Each step counts like one operation more; operations that can come no
 * more, as their process was killed, count as done.
 */
record ScenarioProgress(int steps, int stepsDone, long operations, long operationsDone) {
  private static final double SECOND = 1e9;

  /** Less than this share of the work says nothing of the rest. */
  private static final double LEAST = 0.01;

  private double share() {
    return (double) (stepsDone + operationsDone) / Math.max(1, steps + operations);
  }

  int percent() {
    return (int) (100 * share());
  }

  /** Such as ", about 5 s left", if the rest takes as long as what was done; perhaps nothing. */
  String timeLeft(long nanosSoFar) {
    if (share() < LEAST || nanosSoFar < SECOND) {
      return "";
    }
    double seconds = nanosSoFar / SECOND * (1 - share()) / share();
    return seconds < 100
        ? String.format(Locale.ROOT, ", about %.0f s left", seconds)
        : String.format(Locale.ROOT, ", about %.0f min left", seconds / 60);
  }
}
