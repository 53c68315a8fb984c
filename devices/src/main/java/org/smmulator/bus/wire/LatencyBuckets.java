package org.smmulator.bus.wire;

/**
 * Where a latency is counted: buckets from 64 ns to 69 s, four per power of two, so that a bucket's
 * upper bound is at most a quarter above any latency in it (below 256 ns: at most 64 ns above). The
 * last bucket takes everything longer.
 */
public final class LatencyBuckets {
  /** Number of buckets; part of the protocol. */
  public static final int COUNT = 117;

  private static final int UNIT_LOG2 = 6;
  private static final int PER_POWER_LOG2 = 2;
  private static final int PER_POWER = 1 << PER_POWER_LOG2;

  private LatencyBuckets() {}

  /** The bucket of a latency; a negative one counts as 0. */
  public static int index(long nanos) {
    long units = Math.max(nanos, 0) >>> UNIT_LOG2;
    if (units < PER_POWER) {
      return (int) units;
    }
    int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(units);
    int within = (int) (units >>> (power - PER_POWER_LOG2)) & (PER_POWER - 1);
    return Math.min((power - PER_POWER_LOG2 + 1) * PER_POWER + within, COUNT - 1);
  }

  /** The smallest latency beyond the bucket; {@code Long.MAX_VALUE} of the last. */
  public static long upperBound(int bucket) {
    if (bucket < 0 || bucket >= COUNT) {
      throw new IllegalArgumentException("bucket " + bucket + " of " + COUNT);
    }
    if (bucket == COUNT - 1) {
      return Long.MAX_VALUE;
    }
    int next = bucket + 1;
    if (next < PER_POWER) {
      return (long) next << UNIT_LOG2;
    }
    long leading = (long) PER_POWER + next % PER_POWER;
    return leading << (next / PER_POWER - 1 + UNIT_LOG2);
  }

  /**
   * An upper bound of the latency that {@code percent} of all stayed below; 0 if none was counted.
   *
   * @param counts at least {@link #COUNT} counts from {@code first} on; negative ones are unknown
   */
  public static long percentile(long[] counts, int first, double percent) {
    long total = 0;
    for (int i = 0; i < COUNT; i++) {
      total += Math.max(counts[first + i], 0);
    }
    long rank = (long) Math.ceil(total * percent / 100);
    long seen = 0;
    for (int i = 0; i < COUNT; i++) {
      seen += Math.max(counts[first + i], 0);
      if (seen > 0 && seen >= rank) {
        return upperBound(i);
      }
    }
    return 0;
  }
}
