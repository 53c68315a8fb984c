package org.smmulator.time;

/**
 * The one thread that is the hardware. Everything in {@code smmu} and {@code pcie} runs on it; time
 * is asked of it and nowhere else.
 */
public interface HardwareLoop {
  /** A timer that can be taken back. */
  interface Timer {
    void cancel();
  }

  /** Monotonic time in nanoseconds. */
  long nanoTime();

  /** Runs a step on the loop, after all that were given before by the same thread. */
  void execute(Runnable step);

  /** Runs a step on the loop after a delay. */
  Timer schedule(Runnable step, long delayNanos);

  boolean inLoop();
}
