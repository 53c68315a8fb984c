package org.smmulator.execution;

/**
 * Real time, from the moment in which the clock was made; the only reader of the system's clock.
 */
public final class WallClock {
  private final long origin = System.nanoTime();

  /** Nanoseconds since the clock was made; never negative, never going back. */
  public long nanoTime() {
    return System.nanoTime() - origin;
  }
}
