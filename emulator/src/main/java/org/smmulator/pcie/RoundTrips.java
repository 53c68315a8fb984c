package org.smmulator.pcie;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.LatencyBuckets;

/**
 * How long the round trips of one kind took that one device has made.
 *
 * @param p50 nanoseconds that half of them did not exceed
 * @param p99 nanoseconds that 99 of 100 did not exceed
 * @param sumNanos of all; of a device that does not tell it, each is taken to be in the middle of
 *     its {@link LatencyBuckets bucket}, an eighth off at most
 * @param counts how many took less than each of {@link #BOUNDS_NANOS} and no less than the one
 *     before, then how many took longer
 */
public record RoundTrips(long p50, long p99, long sumNanos, List<Long> counts) {
  /** Each power of two from 1 us to 17 ms, and each eighth up to 9 s; few enough to be stored. */
  public static final List<Long> BOUNDS_NANOS = bounds();

  public RoundTrips {
    counts = List.copyOf(counts);
    if (counts.size() != BOUNDS_NANOS.size() + 1) {
      throw new IllegalArgumentException(
          counts.size() + " counts of round trips instead of " + (BOUNDS_NANOS.size() + 1));
    }
  }

  private static List<Long> bounds() {
    List<Long> bounds = new ArrayList<>();
    for (int log2 = 10; log2 <= 33; log2 += log2 < 24 ? 1 : 3) {
      bounds.add(1L << log2);
    }
    return List.copyOf(bounds);
  }

  /**
   * Of buckets in an array from an index on; null if those are empty or unknown.
   *
   * @param told the sum in nanoseconds; one that cannot be, or is unknown, is estimated
   */
  static @Nullable RoundTrips of(long[] buckets, int first, long told) {
    long p50 = LatencyBuckets.percentile(buckets, first, 50);
    if (p50 == 0) {
      return null;
    }
    long least = 0;
    long sum = 0;
    long most = 0;
    Long[] counts = new Long[BOUNDS_NANOS.size() + 1];
    Arrays.fill(counts, 0L);
    for (int i = 0; i < LatencyBuckets.COUNT; i++) {
      long count = Math.max(buckets[first + i], 0);
      long lower = i == 0 ? 0 : LatencyBuckets.upperBound(i - 1);
      long upper = i == LatencyBuckets.COUNT - 1 ? lower : LatencyBuckets.upperBound(i);
      least = saturatedSum(least, count, lower);
      sum = saturatedSum(sum, count, lower + (upper - lower) / 2);
      most = saturatedSum(most, count, i == LatencyBuckets.COUNT - 1 ? Long.MAX_VALUE : upper);
      counts[place(lower)] += count;
    }
    long p99 = LatencyBuckets.percentile(buckets, first, 99);
    return new RoundTrips(p50, p99, told >= least && told <= most ? told : sum, List.of(counts));
  }

  /** What a device reports may be anything. */
  private static long saturatedSum(long sum, long count, long each) {
    long more = Math.multiplyHigh(count, each) == 0 ? count * each : Long.MAX_VALUE;
    long all = sum + more;
    return more < 0 || all < 0 ? Long.MAX_VALUE : all;
  }

  /** The bounds are bounds of buckets: a bucket is on one side of each. */
  private static int place(long lower) {
    int at = 0;
    while (at < BOUNDS_NANOS.size() && lower >= BOUNDS_NANOS.get(at)) {
      at++;
    }
    return at;
  }
}
