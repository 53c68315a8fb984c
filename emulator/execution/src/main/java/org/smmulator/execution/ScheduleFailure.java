package org.smmulator.execution;

/** The first failure of a deterministic run, with the order that repeats it. */
public final class ScheduleFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long seed;

  ScheduleFailure(Order order, String task, Throwable cause) {
    super("%s, task '%s': %s".formatted(order, task, cause.getMessage()), cause);
    this.seed = order.seed();
  }

  public long seed() {
    return seed;
  }
}
