package org.smmulator.execution;

/**
 * Runs steps one at a time in the order they were given, and tells the time. Steps never wait.
 * Links and hardware run here: an event loop with sockets, a task of an {@link Execution}, or a
 * loop that runs when somebody steps it.
 */
public interface Loop {
  /** A timer that can be taken back. */
  interface Timer {
    void cancel();
  }

  /** Monotonic time in nanoseconds. */
  long nanoTime();

  /** Runs a step on the loop, after all that were given before by the same thread. */
  void execute(Runnable step);

  /** Runs a step on the loop after a delay. To be called on the loop. */
  Timer schedule(Runnable step, long delayNanos);

  /** Whether the caller is a step of this loop. */
  boolean inLoop();
}
