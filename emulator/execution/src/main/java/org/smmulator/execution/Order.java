package org.smmulator.execution;

/**
 * Decides which task runs next. It must be a function of what it was asked before, and of a seed:
 * the same order and the same program give the same run. One order serves one run.
 *
 * <p>What {@link Object#toString} says goes into the message of a failure, and says how to repeat
 * it.
 */
public interface Order {
  /** The running task goes on. */
  int GO_ON = -1;

  /**
   * The place of the task that runs next, or {@link #GO_ON} at a mere yield.
   *
   * @param point at least one task may run
   */
  int next(SchedulingPoint point);

  /** The preparation of a story is over, and its tasks start to race. */
  default void raceBegins() {}

  /** What comes from here on looks at the outcome. */
  default void raceEnds() {}

  /** Where a program's own choices start from. */
  default long seed() {
    return 0;
  }
}
