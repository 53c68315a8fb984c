package org.smmulator.pcie;

import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.wire.LinkLimits;

/**
 * How one root complex is built.
 *
 * @param completionTimeoutNanos a configuration or BAR access without an answer reads as all ones
 *     after this
 * @param trainingTimeoutNanos a device that is not trained after this is cut off
 * @param invalidationTimeoutNanos a function without Invalidate Completion is given up after this
 * @param helloTimeoutNanos a peer that connects and does not introduce itself is cut off after this
 * @param maxDevices attached at the same time
 * @param buses root buses with 31 slots for devices each
 * @param stalledPerFunction requests of one function that are held at a time because of faults that
 *     stall
 */
public record RootComplexConfig(
    long completionTimeoutNanos,
    long trainingTimeoutNanos,
    long invalidationTimeoutNanos,
    long helloTimeoutNanos,
    int maxDevices,
    int buses,
    int stalledPerFunction) {
  /** Held requests of one function, if nothing else is said. */
  public static final int DEFAULT_STALLED = 4096;

  private static final long SECOND_NANOS = 1_000_000_000L;

  public RootComplexConfig {
    if (buses < 1 || buses > 256) {
      throw new IllegalArgumentException("root buses: " + buses + "; it must be 1 to 256");
    }
    if (maxDevices < 1 || maxDevices > buses * (RequesterId.SLOTS - 1)) {
      throw new IllegalArgumentException(
          "devices at the same time: " + maxDevices + "; a bus has slots for 31, at least 1");
    }
  }

  /** What the links of this root complex put up with. */
  public LinkLimits linkLimits() {
    return new LinkLimits(helloTimeoutNanos, LinkLimits.DEFAULT.unsentBytes());
  }

  /**
   * One bus of 31 slots; one second for everything but a hello, which has two, and training, which
   * has a minute.
   */
  public static RootComplexConfig defaults() {
    return new RootComplexConfig(
        SECOND_NANOS, 60 * SECOND_NANOS, SECOND_NANOS, 2 * SECOND_NANOS, 31, 1, DEFAULT_STALLED);
  }
}
