package org.smmulator.execution;

/**
 * Runs tasks and tells the time: Java threads on wall-clock time, or one deterministic scheduler on
 * virtual time. What waits, waits here: the primitives of guest and devices are built on nothing
 * else.
 */
public interface Execution {
  /** A started task, as {@link #unpark} names it. */
  interface Handle {
    String name();
  }

  /** Monotonic time in nanoseconds; never negative. */
  long nanoTime();

  /** Starts a task. */
  Handle spawn(String name, Runnable body);

  /** The running task; on threads, any thread that asks is one. */
  Handle current();

  /**
   * Waits for {@link #unpark} of the running task (one that came earlier counts) or for the
   * deadline; {@code Long.MAX_VALUE} is none. May return early without a reason.
   */
  void park(long deadlineNanos);

  void unpark(Handle task);

  /**
   * As {@link #unpark}, but the caller goes on in any case: for who holds what others need to go on
   * with, such as the lock of the recorder.
   */
  default void wake(Handle task) {
    unpark(task);
  }

  /**
   * A short turn on the spot, for who waits for something that is about to happen.
   *
   * @return whether it makes sense to look again before parking
   */
  boolean spin();

  /**
   * Whether the caller is no task, but looks at tasks of which none runs meanwhile. It may read
   * everything, and wait for nothing.
   */
  default boolean isVisited() {
    return false;
  }

  /** Said before waiting for what another task holds. */
  default void aboutToWait() {}

  /** A point at which another task may run first. */
  void yieldPoint();
}
