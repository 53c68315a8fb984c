package org.smmulator.guest.iommu.smmuv3;

/** Lets so many messages through in each interval of time, as Linux does; one task's. */
final class RateLimit {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final int burst;
  private final long intervalNanos;
  private long begin = Long.MIN_VALUE;
  private int passed;

  private RateLimit(int burst, int seconds) {
    this.burst = burst;
    this.intervalNanos = seconds * SECOND_NANOS;
  }

  /** Ten in five seconds. */
  static RateLimit ofEvents() {
    return new RateLimit(10, 5);
  }

  /** One a minute, for what a device can bring about as often as it likes. */
  static RateLimit ofOverflows() {
    return new RateLimit(1, 60);
  }

  boolean permits(long nowNanos) {
    if (begin == Long.MIN_VALUE || nowNanos - begin >= intervalNanos) {
      begin = nowNanos;
      passed = 0;
    }
    return passed < burst && ++passed > 0;
  }
}
