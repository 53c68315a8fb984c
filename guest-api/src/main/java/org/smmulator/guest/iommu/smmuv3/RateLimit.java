package org.smmulator.guest.iommu.smmuv3;

/** Lets ten through in any interval of five seconds, as Linux does for messages; one task's. */
final class RateLimit {
  private static final long INTERVAL_NANOS = 5_000_000_000L;
  private static final int BURST = 10;

  private long begin = Long.MIN_VALUE;
  private int passed;

  boolean permits(long nowNanos) {
    if (begin == Long.MIN_VALUE || nowNanos - begin >= INTERVAL_NANOS) {
      begin = nowNanos;
      passed = 0;
    }
    return passed < BURST && ++passed > 0;
  }
}
