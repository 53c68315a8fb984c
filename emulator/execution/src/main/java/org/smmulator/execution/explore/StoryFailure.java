package org.smmulator.execution.explore;

import org.smmulator.execution.Schedule;

/** An order of a story that ended badly, with the way to repeat it. */
public final class StoryFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Schedule schedule;
  private final int orders;

  StoryFailure(String message, Schedule schedule, int orders, Throwable cause) {
    super(message, cause);
    this.schedule = schedule;
    this.orders = orders;
  }

  /** The shortest schedule found that fails in this way. */
  public Schedule schedule() {
    return schedule;
  }

  /** How many orders had been explored, this one included. */
  public int orders() {
    return orders;
  }
}
