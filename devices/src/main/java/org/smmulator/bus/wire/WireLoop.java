package org.smmulator.bus.wire;

/**
 * The one thread a link runs on: an event loop, or a step of a simulation. Steps run one at a time
 * in the order they were given.
 */
public interface WireLoop {
  /** A timer that can be taken back. */
  interface Timer {
    void cancel();
  }

  void execute(Runnable step);

  Timer schedule(Runnable step, long delayNanos);

  /** Whether the caller is a step of this loop. */
  boolean inLoop();
}
