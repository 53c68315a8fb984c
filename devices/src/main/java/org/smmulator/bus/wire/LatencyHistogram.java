package org.smmulator.bus.wire;

/** The latency histograms a device reports, each {@link LatencyBuckets#COUNT} slots of STATS. */
public enum LatencyHistogram {
  /** From a Translation Request to its last completion. */
  TRANSLATION_REQUEST(0),
  /** From an Invalidate Request's arrival to its completion's departure. */
  INVALIDATION(1),
  /** From a Page Request to the response of its group. */
  PAGE_REQUEST(2);

  private final int number;

  LatencyHistogram(int number) {
    this.number = number;
  }

  /** Slot of the first bucket in the counters of a STATS frame. */
  public int firstSlot() {
    return DeviceCounter.COUNT + number * LatencyBuckets.COUNT;
  }

  /** Slot of the sum of all its latencies in nanoseconds, which a device tells since version 3. */
  public int sumSlot() {
    return DeviceCounter.FIRST_OF_SUMS + number;
  }
}
