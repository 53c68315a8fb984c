package org.smmulator.device.atc;

import java.util.Arrays;

/**
 * The sets of a cache, each as deep as {@link #WAYS}: the position of a page among the last used of
 * its set is the number of ways from which on the cache would have hit. It is an {@link
 * AddressTranslationCache} of many ways that tells positions, and keeps holes as a {@link
 * PageStack} does. Of many sets some are followed, whole. Nothing allocates after construction.
 */
final class SetStacks {
  static final int WAYS = 64;

  /** The set of a page is not followed. */
  static final int NOT_FOLLOWED = -1;

  private static final int HOLE = -2;
  private static final int NONE = -1;

  /** Odd: a multiplication by it, modulo a power of two, gives each set another number. */
  private static final int SCATTER = 0x9E37_79B1;

  private final int sets;
  private final int followed;
  private final long[] pages;
  private final int[] pasids;
  private final byte[] sizesLog2;
  private final byte[] permissions;
  private final byte[] writableFrom;

  private final long[] lastUses;

  // By row, so that short and whole rows are searched fast.
  private final byte[] taken;
  private final byte[] holes;

  private long uses;
  private int largestSizeLog2 = 12;

  /**
   * @param sets a power of two
   * @param mostFollowed a power of two
   */
  SetStacks(int sets, int mostFollowed) {
    this.sets = sets;
    this.followed = Math.min(sets, mostFollowed);
    int entries = followed * WAYS;
    this.pages = new long[entries];
    this.pasids = new int[entries];
    this.sizesLog2 = new byte[entries];
    this.permissions = new byte[entries];
    this.writableFrom = new byte[entries];
    this.lastUses = new long[entries];
    this.taken = new byte[followed];
    this.holes = new byte[followed];
    clear();
  }

  int sets() {
    return sets;
  }

  /** One set in how many is followed: a power of two. */
  long oneSetIn() {
    return sets / followed;
  }

  /** Where the entries of a page's set begin, or {@link #NOT_FOLLOWED}. */
  int rowOf(int pasid, long page) {
    int set = AddressTranslationCache.setOf(pasid, page, sets);
    int row = set * SCATTER & (sets - 1);
    return row < followed ? row * WAYS : NOT_FOLLOWED;
  }

  /**
   * A page is used whose set is followed.
   *
   * @param readsGrantWrites whether a cache that misses a read may write afterwards
   * @return the number of ways from which on a cache hits; {@link PageStack#ABSENT}; {@link
   *     PageStack#REFUSED}
   */
  int access(int row, int pasid, long page, boolean write, boolean readsGrantWrites) {
    int entry = find(row, pasid, page);
    if (entry == NONE) {
      return PageStack.ABSENT;
    }
    if (!Permissions.allow(permissions[entry], write)) {
      return PageStack.REFUSED;
    }
    int position = position(row, entry);
    if (position > 1) {
      use(row, entry);
    }
    if (write) {
      int needed = Math.max(position, writableFrom[entry]);
      writableFrom[entry] = 0;
      return needed;
    }
    if (!readsGrantWrites) {
      writableFrom[entry] = (byte) Math.max(writableFrom[entry], position);
    }
    return position;
  }

  private int position(int row, int entry) {
    int position = 1;
    long use = lastUses[entry];
    for (int other = row; other < row + taken[row / WAYS]; other++) {
      position += lastUses[other] > use ? 1 : 0;
    }
    return position;
  }

  void fill(int row, int pasid, long page, int sizeLog2, int permission) {
    int entry = find(row, pasid, page);
    if (entry != NONE) {
      use(row, entry);
    } else {
      entry = placeFor(row);
      pages[entry] = page;
      pasids[entry] = pasid;
      lastUses[entry] = ++uses;
      permissions[entry] = 0;
    }
    if (Permissions.allow(permission, true)) {
      writableFrom[entry] = 0;
    }
    sizesLog2[entry] = (byte) sizeLog2;
    permissions[entry] |= (byte) permission;
    largestSizeLog2 = Math.max(largestSizeLog2, sizeLog2);
  }

  void invalidate(InvalidationScope scope) {
    int rangeLog2 = Math.max(scope.sizeLog2(), largestSizeLog2);
    boolean few = rangeLog2 < 12 + Integer.SIZE - 1 && 1 << (rangeLog2 - 12) <= followed;
    if (few && scope.isOfOnePasid()) {
      long first = scope.firstPageOf(rangeLog2);
      for (long page = first; page < first + (1L << (rangeLog2 - 12)); page++) {
        int row = rowOf(scope.pasid(), page);
        int entry = row == NOT_FOLLOWED ? NONE : find(row, scope.pasid(), page);
        if (entry != NONE) {
          removeIfReached(scope, entry);
        }
      }
    } else {
      for (int entry = 0; entry < pasids.length; entry++) {
        if (pasids[entry] != HOLE) {
          removeIfReached(scope, entry);
        }
      }
    }
  }

  private void removeIfReached(InvalidationScope scope, int entry) {
    if (scope.reaches(pasids[entry], pages[entry] << 12, sizesLog2[entry])) {
      pasids[entry] = HOLE;
      holes[entry / WAYS]++;
    }
  }

  /** Nothing is cached any more. */
  void clear() {
    Arrays.fill(pasids, HOLE);
    Arrays.fill(lastUses, 0);
    Arrays.fill(taken, (byte) 0);
    Arrays.fill(holes, (byte) 0);
    uses = 0;
    largestSizeLog2 = 12;
  }

  private int find(int row, int pasid, long page) {
    for (int entry = row; entry < row + taken[row / WAYS]; entry++) {
      if (pages[entry] == page && pasids[entry] == pasid) {
        return entry;
      }
    }
    return NONE;
  }

  /** It goes to the top; a hole above it goes to where it was. */
  private void use(int row, int entry) {
    int hole = latestHole(row);
    if (hole != NONE && lastUses[hole] > lastUses[entry]) {
      lastUses[hole] = lastUses[entry];
    }
    lastUses[entry] = ++uses;
  }

  private int latestHole(int row) {
    int latest = NONE;
    if (holes[row / WAYS] > 0) {
      for (int entry = row; entry < row + taken[row / WAYS]; entry++) {
        boolean hole = pasids[entry] == HOLE;
        if (hole && (latest == NONE || lastUses[entry] > lastUses[latest])) {
          latest = entry;
        }
      }
    }
    return latest;
  }

  /** The topmost hole, else a place that was never taken, else that of the deepest page. */
  private int placeFor(int row) {
    int hole = latestHole(row);
    if (hole != NONE) {
      holes[row / WAYS]--;
      return hole;
    }
    return taken[row / WAYS] < WAYS ? row + taken[row / WAYS]++ : leastRecentlyUsed(row);
  }

  private int leastRecentlyUsed(int row) {
    int least = row;
    for (int entry = row; entry < row + WAYS; entry++) {
      if (lastUses[entry] < lastUses[least]) {
        least = entry;
      }
    }
    return least;
  }
}
