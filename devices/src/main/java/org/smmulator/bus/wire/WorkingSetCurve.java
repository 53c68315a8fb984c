package org.smmulator.bus.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The hit ratio that an ATC of any size would have had on what a device has accessed: least
 * recently used within a set, with a given number of sets. It is told at the end of STATS, from
 * version 2 on; cumulative, so that the curve of a period is the difference of two.
 *
 * @param sets 1: fully associative
 * @param accesses ATC lookups that were followed
 * @param onePageIn of how many pages one was followed, for its kind of curve; 1 is exact
 * @param points by size, upward
 */
public record WorkingSetCurve(int sets, long accesses, long onePageIn, List<Point> points) {
  /**
   * One size.
   *
   * @param entries of the whole cache, sets times ways
   * @param hits accesses that would have hit; of all that were followed
   */
  public record Point(int entries, long hits) {}

  private static final int ACCESSES = 0;
  private static final int ONE_PAGE_IN = 1;
  private static final int SETS = 2;
  private static final int ONE_SET_IN = 3;
  private static final int DISTANCES = 4;
  private static final int WAYS = DISTANCES + DistanceBuckets.COUNT;

  /** Slots of STATS that tell both curves of a device. */
  static final int SLOTS = WAYS + DistanceBuckets.WAYS_COUNT;

  /** The most sets that an ATC can have. */
  private static final int MOST_SETS = 1 << 24;

  public WorkingSetCurve {
    points = List.copyOf(points);
  }

  /** A curve out of how many accesses have their stack distance in each bucket. */
  public static WorkingSetCurve of(int sets, long accesses, long onePageIn, long[] buckets) {
    List<Point> points = new ArrayList<>();
    long hits = 0;
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      hits = Math.addExact(hits, buckets[bucket]);
      points.add(new Point(Math.multiplyExact(sets, DistanceBuckets.size(bucket)), hits));
    }
    return new WorkingSetCurve(sets, accesses, onePageIn, points);
  }

  /** Of all accesses, those that would have hit: 0 to 1; NaN if there was none. */
  public double hitRatio(Point point) {
    return accesses == 0 ? Double.NaN : (double) point.hits() / accesses;
  }

  /** The smallest size that no larger one is better than; 1 if none has a hit. */
  public int enough() {
    int enough = 1;
    long hits = 0;
    for (Point point : points) {
      if (point.hits() > hits) {
        hits = point.hits();
        enough = point.entries();
      }
    }
    return enough;
  }

  /** Writes both curves into the slots of a STATS frame. */
  public static void tell(
      long[] slots,
      long accesses,
      long onePageIn,
      long[] distances,
      int sets,
      long oneSetIn,
      long[] ways) {
    int first = DeviceCounter.FIRST_OF_CURVES;
    slots[first + ACCESSES] = accesses;
    slots[first + ONE_PAGE_IN] = onePageIn;
    slots[first + SETS] = sets;
    slots[first + ONE_SET_IN] = oneSetIn;
    System.arraycopy(distances, 0, slots, first + DISTANCES, DistanceBuckets.COUNT);
    System.arraycopy(ways, 0, slots, first + WAYS, DistanceBuckets.WAYS_COUNT);
  }

  /**
   * The curves of a device: fully associative, and with as many sets as its ATC has, if that is
   * more than one. None if it tells none, or what cannot be.
   */
  public static List<WorkingSetCurve> in(long[] slots) {
    int first = DeviceCounter.FIRST_OF_CURVES;
    long accesses = slots[first + ACCESSES];
    long sets = slots[first + SETS];
    if (accesses < 0 || sets < 1 || sets > MOST_SETS || Long.bitCount(sets) != 1) {
      return List.of();
    }
    List<WorkingSetCurve> curves = new ArrayList<>();
    add(curves, slots, 1, ONE_PAGE_IN, DISTANCES, DistanceBuckets.COUNT);
    if (sets > 1) {
      add(curves, slots, (int) sets, ONE_SET_IN, WAYS, DistanceBuckets.WAYS_COUNT);
    }
    return curves;
  }

  private static void add(
      List<WorkingSetCurve> curves, long[] slots, int sets, int oneIn, int from, int count) {
    int first = DeviceCounter.FIRST_OF_CURVES;
    long accesses = slots[first + ACCESSES];
    long[] buckets = Arrays.copyOfRange(slots, first + from, first + from + count);
    long left = accesses;
    for (long hits : buckets) {
      if (hits < 0 || hits > left) {
        return;
      }
      left -= hits;
    }
    long onePageIn = slots[first + oneIn];
    if (onePageIn >= 1) {
      curves.add(of(sets, accesses, onePageIn, buckets));
    }
  }
}
