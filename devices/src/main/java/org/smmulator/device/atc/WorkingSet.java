package org.smmulator.device.atc;

import java.util.List;
import org.smmulator.bus.wire.DistanceBuckets;
import org.smmulator.bus.wire.WorkingSetCurve;

/**
 * Follows what an ATC is asked and finds, in one pass, how often caches of all sizes would have
 * hit: fully associative ({@link PageStack}), and with a given number of sets ({@link SetStacks}).
 *
 * <p>A page comes onto the stacks when it is filled, and goes with its invalidation, as an entry
 * does; a write to what was filled for reading is a miss. So what is not sampled is what an {@link
 * AddressTranslationCache} of that size counts, if fills follow their misses at once.
 *
 * <p>Sizes up to a depth are exact. What lies deeper is sampled by pages, and of many sets some are
 * followed. How many accesses of each kind there were is known, and the samples are weighted to it:
 * by the depth where that is exact, and by whether they hit the ATC, because a page that is used
 * often would else weigh too much, or nothing. Of a busy device a number of accesses at a time is
 * followed, see {@link #nextPeriod}. Used by the thread of the ATC.
 */
public final class WorkingSet {
  /** Entries up to which the curve of a device is exact. */
  public static final int EXACT_ENTRIES = 1 << 12;

  /** Sets up to which the curve of a device is exact. */
  public static final int EXACT_SETS = 1 << 7;

  /** Pages that stand for all others. */
  private static final int SAMPLED_PAGES = 1 << 13;

  /** Accesses that a device follows in a period. */
  public static final int PERIOD_ACCESSES = 1 << 19;

  /** In place of a PASID: no page is known to have been used last. */
  private static final int NOBODY = -3;

  // Kinds of accesses: those that lie deep; those that hit the ATC nevertheless, it being large;
  // and by the length of the depth where it is exact.
  private static final int DEEP = 0;
  private static final int DEEP_HIT = Integer.SIZE;
  private static final int KINDS = Integer.SIZE + 1;

  private final int exactEntries;
  private final PageStack near;
  private final PageStack far;

  /** From when on not all pages are near; until then those of {@link #far} would be the same. */
  private boolean farInUse;

  private final SetStacks sets;

  private final SampledDistances distances = new SampledDistances(KINDS, DistanceBuckets.COUNT);
  private final SampledDistances ways = new SampledDistances(KINDS, DistanceBuckets.WAYS_COUNT);

  private long left = Long.MAX_VALUE;
  private int topPasid = NOBODY;
  private long topPage;
  private int topPermissions;
  private boolean topWrite;

  /** A read that missed was answered with a translation for writing as well. */
  private boolean readsGrantWrites;

  private long repeats;
  private long others;

  /**
   * @param setCount sets of the caches of the second curve, a power of two
   * @param exactEntries up to which the first curve is exact, a power of two
   * @param exactSets sets followed of the second curve, a power of two
   */
  public WorkingSet(int setCount, int exactEntries, int exactSets) {
    this.exactEntries = exactEntries;
    this.near = new PageStack(exactEntries, false);
    this.far = new PageStack(SAMPLED_PAGES, true);
    this.sets = new SetStacks(setCount, exactSets);
  }

  /**
   * One lookup.
   *
   * @param hit whether the ATC had it
   */
  public void access(int pasid, long page, boolean write, boolean hit) {
    if (left == 0) {
      return;
    }
    if (page == topPage && pasid == topPasid && Permissions.allow(topPermissions, write)) {
      repeats++;
      return;
    }
    topPasid = hit ? pasid : NOBODY;
    topPage = page;
    topPermissions = write ? Permissions.WRITE : Permissions.READ;
    topWrite = write;
    follow(pasid, page, write, hit);
    if (--left == 0) {
      topPasid = NOBODY;
    }
  }

  private void follow(int pasid, long page, boolean write, boolean hit) {
    others++;
    int hash = PageStack.hash(pasid, page);
    int depth = near.access(hash, pasid, page, write, readsGrantWrites);
    boolean isNear = depth > 0; // what is refused here may have been written deeper down
    int kind = isNear ? Integer.SIZE - Integer.numberOfLeadingZeros(depth) : hit ? DEEP_HIT : DEEP;
    distances.access(kind);
    if (isNear) {
      distances.sample(kind, depth, 1);
    }
    if (farInUse && far.follows(hash)) {
      int farDepth = far.access(hash, pasid, page, write, readsGrantWrites);
      if (!isNear) {
        boolean known = farDepth > 0;
        distances.sample(kind, known ? Math.max(farDepth, exactEntries + 1) : 0, far.onePageIn());
      }
    } else if (!farInUse && !isNear) {
      distances.sample(kind, 0, 1);
    }
    int row = sets.rowOf(pasid, page);
    ways.access(kind);
    if (row != SetStacks.NOT_FOLLOWED) {
      int position = sets.access(row, pasid, page, write, readsGrantWrites);
      ways.sample(kind, position, sets.oneSetIn());
    }
  }

  /** A translation is filled into the ATC. */
  public void fill(int pasid, long page, int sizeLog2, int permission) {
    int hash = PageStack.hash(pasid, page);
    if (!farInUse && near.isFull()) {
      near.copyTo(far);
      farInUse = true;
    }
    near.fill(hash, pasid, page, sizeLog2, permission);
    if (farInUse && far.follows(hash)) {
      far.fill(hash, pasid, page, sizeLog2, permission);
    }
    int row = sets.rowOf(pasid, page);
    if (row != SetStacks.NOT_FOLLOWED) {
      sets.fill(row, pasid, page, sizeLog2, permission);
    }
    if (page == topPage && !topWrite) {
      readsGrantWrites = Permissions.allow(permission, true);
    }
    topPasid = left == 0 ? NOBODY : pasid;
    topPage = page;
    topPermissions = permission;
  }

  public void invalidate(InvalidationScope scope) {
    near.invalidate(scope);
    if (farInUse) {
      far.invalidate(scope);
    }
    sets.invalidate(scope);
    topPasid = NOBODY;
  }

  public void invalidateAll() {
    near.clear();
    if (farInUse) {
      far.clear();
      farInUse = false;
    }
    sets.clear();
    topPasid = NOBODY;
  }

  /** From now on so many accesses are followed until the next call, and no more. */
  public void nextPeriod(long accesses) {
    left = accesses;
  }

  private long onePageIn() {
    return exactEntries < DistanceBuckets.size(DistanceBuckets.COUNT - 1) ? far.onePageIn() : 1;
  }

  /** Writes the curves into the slots of a STATS frame. */
  public void tell(long[] slots) {
    WorkingSetCurve.tell(
        slots,
        repeats + others,
        onePageIn(),
        distances.ofAll(repeats),
        sets.sets(),
        sets.oneSetIn(),
        ways.ofAll(repeats));
  }

  /** Fully associative, then with the given number of sets. */
  public List<WorkingSetCurve> curves() {
    long all = repeats + others;
    return List.of(
        WorkingSetCurve.of(1, all, onePageIn(), distances.ofAll(repeats)),
        WorkingSetCurve.of(sets.sets(), all, sets.oneSetIn(), ways.ofAll(repeats)));
  }
}
