package org.smmulator.device.atc;

import java.util.Arrays;

/**
 * Pages in the order of their last use (the LRU stack of Mattson and others, 1970): the depth of a
 * page when it is used again is the size from which on a fully associative cache would have hit.
 *
 * <pre>
 *   time     0  1  2  3  4  5  6      now
 *   mark     1  0  1  1  0  1  1            a page, or a hole, was last used then
 *                                           depth of the page of time 2: marks from 2 on = 4
 * </pre>
 *
 * Marks are counted in a Fenwick tree over words of the bitmap, so an access takes O(log n). When
 * the axis is full, the times are numbered anew.
 *
 * <p>An invalidated page leaves a <em>hole</em>, not a gap: what it had pushed out of a smaller
 * cache does not come back. The next page that comes from below the topmost hole, or from nowhere,
 * fills it, as a fill takes a free entry; and it leaves the hole where it was itself.
 *
 * <p>At most {@code capacity} pages are on the stack. When there are more, it either forgets the
 * deepest one, and is exact as far down as it goes; or it gives up half of all pages, by a hash,
 * and a depth stands for twice as many pages from then on (SHARDS; Waldspurger and others, 2015).
 * Nothing allocates after construction.
 */
final class PageStack {
  /** An access to a page that is not on the stack. */
  static final int ABSENT = -1;

  /** An access that the page's translation does not permit: no cache has it. */
  static final int REFUSED = 0;

  private static final int NONE = -1;
  private static final int HASH_BITS = 31;

  private final int capacity;
  private final boolean samples;

  // By slot of a page.
  private final long[] pages;
  private final int[] pasids;
  private final byte[] sizesLog2;
  private final byte[] permissions;

  /** Smaller caches would have filled it anew since it was last written, for reading only. */
  private final int[] writableFrom;

  /** When it was last used; {@link #NONE} of a free slot. */
  private final int[] times;

  private final int[] freeSlots;
  private int freeCount;

  /** Slots by hash, linear probing. */
  private final int[] table;

  // The axis of time.
  private final long[] marks;
  private final int[] sums;

  /** The page that was last used at a time, where there is a mark and no hole. */
  private final int[] slots;

  private int now;
  private int markCount;

  /** No mark is in a word before it. */
  private int firstWord;

  private final Holes holes;
  private int oneInLog2;
  private int hashLimit = Integer.MAX_VALUE;
  private int largestSizeLog2 = 12;

  /**
   * @param capacity pages on the stack at most, a power of two, at least 64
   * @param samples gives up pages by sampling, not the deepest
   */
  PageStack(int capacity, boolean samples) {
    if (capacity < Long.SIZE || Integer.bitCount(capacity) != 1 || capacity > 1 << 26) {
      throw new IllegalArgumentException(
          capacity + " pages: a power of two from 64 to 2^26 is right");
    }
    this.capacity = capacity;
    this.samples = samples;
    this.pages = new long[capacity];
    this.pasids = new int[capacity];
    this.sizesLog2 = new byte[capacity];
    this.permissions = new byte[capacity];
    this.writableFrom = new int[capacity];
    this.times = new int[capacity];
    this.freeSlots = new int[capacity];
    this.table = new int[2 * capacity];
    this.marks = new long[4 * capacity / Long.SIZE];
    this.sums = new int[marks.length + 1];
    this.slots = new int[4 * capacity];
    this.holes = new Holes(capacity);
    clear();
  }

  /** One page in how many is followed: a power of two. */
  long onePageIn() {
    return 1L << oneInLog2;
  }

  static int hash(int pasid, long page) {
    long mixed = page * 0x9E37_79B9_7F4A_7C15L + pasid * 0xC2B2_AE3D_27D4_EB4FL;
    mixed ^= mixed >>> 32;
    mixed *= 0xD6E8_FEB8_6659_FD93L;
    return (int) (mixed >>> (Long.SIZE - HASH_BITS));
  }

  boolean follows(int hash) {
    return hash <= hashLimit;
  }

  /**
   * A page that is followed is used.
   *
   * @param readsGrantWrites whether a cache that misses a read may write afterwards
   * @return the size from which on a cache hits; {@link #ABSENT}; {@link #REFUSED}
   */
  int access(int hash, int pasid, long page, boolean write, boolean readsGrantWrites) {
    int slot = find(hash, pasid, page);
    if (slot == NONE) {
      return ABSENT;
    }
    if (!Permissions.allow(permissions[slot], write)) {
      return REFUSED;
    }
    int depth = depth(slot);
    use(slot);
    if (write) {
      int needed = Math.max(depth, writableFrom[slot]);
      writableFrom[slot] = 0;
      return needed;
    }
    if (!readsGrantWrites) {
      writableFrom[slot] = Math.max(writableFrom[slot], depth);
    }
    return depth;
  }

  /** With sampling, the middle of the depths that the sampled one may stand for. */
  private int depth(int slot) {
    long sampled = markCount - rank(times[slot]) + 1L;
    long depth = (sampled << oneInLog2) - (((1L << oneInLog2) - 1) >>> 1);
    return (int) Math.min(depth, Integer.MAX_VALUE);
  }

  /** A page that may be followed is filled into the cache. */
  void fill(int hash, int pasid, long page, int sizeLog2, int permission) {
    int slot = find(hash, pasid, page);
    if (slot != NONE) {
      use(slot);
    } else {
      slot = insert(hash, pasid, page);
      if (slot == NONE) {
        return;
      }
      permissions[slot] = 0;
    }
    if (Permissions.allow(permission, true)) {
      writableFrom[slot] = 0;
    }
    sizesLog2[slot] = (byte) sizeLog2;
    permissions[slot] |= (byte) permission;
    largestSizeLog2 = Math.max(largestSizeLog2, sizeLog2);
  }

  /** The next page that is new pushes another one out. */
  boolean isFull() {
    return markCount == capacity && holes.isEmpty();
  }

  /** Fills an empty stack as this one is; there are no holes. */
  void copyTo(PageStack other) {
    for (int time = 0; time < now; time++) {
      if ((marks[time / Long.SIZE] >>> time & 1) != 0) {
        int slot = slots[time];
        int hash = hash(pasids[slot], pages[slot]);
        other.fill(hash, pasids[slot], pages[slot], sizesLog2[slot], permissions[slot]);
        other.writableFrom[other.slots[other.now - 1]] = writableFrom[slot];
      }
    }
  }

  void invalidate(InvalidationScope scope) {
    int rangeLog2 = Math.max(scope.sizeLog2(), largestSizeLog2);
    boolean few = rangeLog2 < 12 + HASH_BITS && 1 << (rangeLog2 - 12) <= capacity - freeCount;
    if (few && scope.isOfOnePasid()) {
      long first = scope.firstPageOf(rangeLog2);
      for (long page = first; page < first + (1L << (rangeLog2 - 12)); page++) {
        int hash = hash(scope.pasid(), page);
        int slot = follows(hash) ? find(hash, scope.pasid(), page) : NONE;
        if (slot != NONE) {
          removeIfReached(scope, slot);
        }
      }
    } else {
      for (int slot = 0; slot < capacity; slot++) {
        if (times[slot] != NONE) {
          removeIfReached(scope, slot);
        }
      }
    }
    if (freeCount == capacity) {
      clear();
    }
  }

  private void removeIfReached(InvalidationScope scope, int slot) {
    if (scope.reaches(pasids[slot], pages[slot] << 12, sizesLog2[slot])) {
      holes.add(times[slot]);
      forget(slot);
    }
  }

  /** Nothing is cached any more. */
  void clear() {
    Arrays.fill(times, NONE);
    Arrays.fill(table, NONE);
    Arrays.fill(marks, 0);
    Arrays.fill(sums, 0);
    for (int slot = 0; slot < capacity; slot++) {
      freeSlots[slot] = capacity - 1 - slot;
    }
    freeCount = capacity;
    holes.clear();
    markCount = 0;
    firstWord = 0;
    now = 0;
    largestSizeLog2 = 12;
  }

  // The stack.

  private void use(int slot) {
    int time = times[slot];
    if (time == now - 1) {
      return;
    }
    if (holes.latest() > time) {
      unmark(holes.latest());
      holes.replaceLatest(time);
    } else {
      unmark(time);
    }
    markNow(slot);
  }

  private int insert(int hash, int pasid, long page) {
    if (!holes.isEmpty()) {
      unmark(holes.latest());
      holes.removeLatest();
    } else {
      while (markCount == capacity) {
        makeRoom();
      }
      if (!follows(hash)) {
        return NONE;
      }
    }
    int slot = freeSlots[--freeCount];
    pages[slot] = page;
    pasids[slot] = pasid;
    markNow(slot);
    enter(hash, slot);
    return slot;
  }

  /** There are no holes: all marks are pages. */
  private void makeRoom() {
    if (samples) {
      halve();
      return;
    }
    while (marks[firstWord] == 0) {
      firstWord++;
    }
    int oldest = firstWord * Long.SIZE + Long.numberOfTrailingZeros(marks[firstWord]);
    forget(slots[oldest]);
    unmark(oldest);
  }

  private void halve() {
    oneInLog2++;
    hashLimit >>>= 1;
    Arrays.fill(table, NONE);
    for (int slot = 0; slot < capacity; slot++) {
      if (times[slot] != NONE) {
        int hash = hash(pasids[slot], pages[slot]);
        if (follows(hash)) {
          enter(hash, slot);
        } else {
          unmark(times[slot]);
          times[slot] = NONE;
          freeSlots[freeCount++] = slot;
        }
      }
    }
  }

  // Pages by hash.

  private int find(int hash, int pasid, long page) {
    int at = hash & (table.length - 1);
    while (table[at] != NONE) {
      int slot = table[at];
      if (pages[slot] == page && pasids[slot] == pasid) {
        return slot;
      }
      at = (at + 1) & (table.length - 1);
    }
    return NONE;
  }

  private void enter(int hash, int slot) {
    int at = hash & (table.length - 1);
    while (table[at] != NONE) {
      at = (at + 1) & (table.length - 1);
    }
    table[at] = slot;
  }

  private void forget(int slot) {
    int last = table.length - 1;
    int at = hash(pasids[slot], pages[slot]) & last;
    while (table[at] != slot) {
      at = (at + 1) & last;
    }
    table[at] = NONE;
    for (int next = (at + 1) & last; table[next] != NONE; next = (next + 1) & last) {
      int moved = table[next]; // it may have come to lie here because the place was taken
      table[next] = NONE;
      enter(hash(pasids[moved], pages[moved]), moved);
    }
    times[slot] = NONE;
    freeSlots[freeCount++] = slot;
  }

  // Marks on the axis of time.

  private void markNow(int slot) {
    if (now == marks.length * Long.SIZE) {
      numberAnew();
    }
    slots[now] = slot;
    times[slot] = now;
    marks[now / Long.SIZE] |= 1L << now;
    add(now / Long.SIZE, 1);
    markCount++;
    now++;
  }

  private void unmark(int time) {
    marks[time / Long.SIZE] &= ~(1L << time);
    add(time / Long.SIZE, -1);
    markCount--;
  }

  private void add(int word, int amount) {
    for (int at = word + 1; at < sums.length; at += at & -at) {
      sums[at] += amount;
    }
  }

  /** Marks up to and with a time. */
  private int rank(int time) {
    int word = time / Long.SIZE;
    int count = Long.bitCount(marks[word] & -1L >>> (Long.SIZE - 1 - time % Long.SIZE));
    for (int at = word; at > 0; at &= at - 1) {
      count += sums[at];
    }
    return count;
  }

  private void numberAnew() {
    for (int slot = 0; slot < capacity; slot++) {
      if (times[slot] != NONE) {
        times[slot] = Math.max(rank(times[slot]) - 1, 0); // of the one being used it is not asked
        slots[times[slot]] = slot;
      }
    }
    holes.numberAnew(time -> rank(time) - 1);
    Arrays.fill(marks, 0);
    Arrays.fill(sums, 0);
    for (int time = 0; time < markCount; time++) {
      marks[time / Long.SIZE] |= 1L << time;
    }
    for (int word = 0; word < marks.length; word++) {
      add(word, Long.bitCount(marks[word]));
    }
    now = markCount;
    firstWord = 0;
  }
}
