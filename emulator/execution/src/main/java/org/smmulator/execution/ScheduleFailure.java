package org.smmulator.execution;

/** The first failure of a deterministic run, with the seed that repeats it. */
public final class ScheduleFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long seed;

  ScheduleFailure(long seed, String task, Throwable cause) {
    super(
        "seed %d (-Dsmmulator.seed=%d), task '%s': %s"
            .formatted(seed, seed, task, cause.getMessage()),
        cause);
    this.seed = seed;
  }

  public long seed() {
    return seed;
  }
}
