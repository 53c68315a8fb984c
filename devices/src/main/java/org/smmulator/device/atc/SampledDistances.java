package org.smmulator.device.atc;

import org.smmulator.bus.wire.DistanceBuckets;

/**
 * How many accesses had which distance, of several kinds. Of each kind it is known how many there
 * were; those that were sampled are weighted to that.
 */
final class SampledDistances {
  private static final class Kind {
    private final long[] buckets;
    private long accesses;
    private long sampled;

    Kind(int count) {
      buckets = new long[count];
    }

    void addTo(long[] sum) {
      for (int i = 0; i < buckets.length; i++) {
        boolean exact = sampled == accesses;
        sum[i] += exact ? buckets[i] : (long) ((double) buckets[i] * accesses / sampled);
      }
    }
  }

  private final Kind[] kinds;
  private final int count;

  SampledDistances(int kinds, int count) {
    this.count = count;
    this.kinds = new Kind[kinds];
    for (int i = 0; i < kinds; i++) {
      this.kinds[i] = new Kind(count);
    }
  }

  /** There was an access. */
  void access(int kind) {
    kinds[kind].accesses++;
  }

  /**
   * There was, and it was sampled.
   *
   * @param distance 0 or less if no cache of any size would have had it
   * @param weight for how many accesses it stands
   */
  void sample(int number, int distance, long weight) {
    Kind kind = kinds[number];
    kind.sampled += weight;
    if (distance > 0) {
      int bucket = DistanceBuckets.index(distance);
      if (bucket < kind.buckets.length) {
        kind.buckets[bucket] += weight;
      }
    }
  }

  /**
   * Of all kinds, by bucket.
   *
   * @param others accesses of distance 1 that are of no kind
   */
  long[] ofAll(long others) {
    long[] sum = new long[count];
    sum[0] = others;
    for (Kind kind : kinds) {
      kind.addTo(sum);
    }
    return sum;
  }
}
