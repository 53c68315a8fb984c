package org.smmulator.bus.wire;

/**
 * Where the stack distance of an ATC lookup is counted: how many entries a fully associative cache,
 * or how many ways a set, must have to hit. Buckets of the sizes 1 to 8, then four for each power
 * of two, up to 65,536.
 */
public final class DistanceBuckets {
  /** Number of buckets of a fully associative cache; part of the protocol. */
  public static final int COUNT = 60;

  /** Number of buckets of the ways of a set, up to 64; part of the protocol. */
  public static final int WAYS_COUNT = 20;

  private static final int PER_POWER_LOG2 = 2;
  private static final int PER_POWER = 1 << PER_POWER_LOG2;

  private DistanceBuckets() {}

  /** The bucket of a distance of at least 1; {@link #COUNT} or more if it is beyond all of them. */
  public static int index(long distance) {
    long before = distance - 1;
    if (before < PER_POWER) {
      return (int) before;
    }
    int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(before);
    int within = (int) (before >>> (power - PER_POWER_LOG2)) & (PER_POWER - 1);
    return (power - 1) * PER_POWER + within;
  }

  /** The size from which on the accesses of a bucket hit: the largest distance in it. */
  public static int size(int bucket) {
    if (bucket < 0 || bucket >= COUNT) {
      throw new IllegalArgumentException("bucket " + bucket + " of " + COUNT);
    }
    if (bucket < PER_POWER) {
      return bucket + 1;
    }
    int power = bucket / PER_POWER + 1;
    return (PER_POWER + bucket % PER_POWER + 1) << (power - PER_POWER_LOG2);
  }
}
