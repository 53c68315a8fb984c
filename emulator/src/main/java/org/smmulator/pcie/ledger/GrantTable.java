package org.smmulator.pcie.ledger;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * The grants of one function in flat arrays, found by untranslated and by physical page.
 *
 * <pre>
 *   slot      0      1      2     ...      one grant per slot, free slots chained through nextByVa
 *   va[]    7f00.. 7f01..  free            page-aligned to the grant's size
 *   pa[]    4123.. 4711..   -
 *   vaHeads[hash(va page)] -> slot -> nextByVa[slot] -> ... -> NIL      and the same by pa
 * </pre>
 *
 * A page is hashed at the grant's own size, so a search asks once per size that is present. The
 * hash is another one in each run: devices choose pages, and must not know which of them share a
 * chain. Grows by doubling; nothing is allocated otherwise.
 */
final class GrantTable {
  static final int NIL = -1;
  private static final int FIRST_CAPACITY = 64;

  private final long hash;

  long[] va = new long[FIRST_CAPACITY];
  long[] pa = new long[FIRST_CAPACITY];
  long[] sequence = new long[FIRST_CAPACITY];
  int[] pasid = new int[FIRST_CAPACITY];
  int[] generation = new int[FIRST_CAPACITY];
  byte[] permissions = new byte[FIRST_CAPACITY];

  /** Of the invalidation that was given up, as {@link OverdueInvalidations} numbers them; or 0. */
  byte[] overdue = new byte[FIRST_CAPACITY];

  /** Logarithm of the size; 0 is a free slot. */
  byte[] sizeLog2 = new byte[FIRST_CAPACITY];

  private int[] nextByVa = new int[FIRST_CAPACITY];
  private int[] nextByPa = new int[FIRST_CAPACITY];
  private int[] vaHeads = emptyHeads(FIRST_CAPACITY);
  private int[] paHeads = emptyHeads(FIRST_CAPACITY);
  private final int[] liveBySize = new int[Long.SIZE];
  private long sizes;
  private int freeHead = NIL;
  private int used;
  private int live;

  /**
   * An empty table.
   *
   * @param hash an odd number that devices cannot know
   */
  GrantTable(long hash) {
    this.hash = hash;
  }

  private static int[] emptyHeads(int capacity) {
    int[] heads = new int[capacity];
    Arrays.fill(heads, NIL);
    return heads;
  }

  /** Slots are 0 to this, exclusive; some may be free. */
  int slots() {
    return used;
  }

  int live() {
    return live;
  }

  /** The sizes present: bit n for 2^n bytes. */
  long sizes() {
    return sizes;
  }

  /** The first slot whose untranslated page may be {@code page} (an address shifted by a size). */
  int firstByVa(long page) {
    return vaHeads[bucket(page)];
  }

  int nextByVa(int slot) {
    return nextByVa[slot];
  }

  int firstByPa(long page) {
    return paHeads[bucket(page)];
  }

  int nextByPa(int slot) {
    return nextByPa[slot];
  }

  /** Whether a search for one of these addresses would take more than {@code most} steps. */
  boolean isCrowded(long vaPage, long paPage, int most) {
    return isLong(vaHeads, nextByVa, vaPage, most) || isLong(paHeads, nextByPa, paPage, most);
  }

  private boolean isLong(int[] heads, int[] next, long page, int most) {
    int steps = 0;
    for (int slot = heads[bucket(page)]; slot != NIL && steps < most; slot = next[slot]) {
      steps++;
    }
    return steps == most;
  }

  /**
   * Visits the grants that reach a frame, up to a generation of it; they may be removed meanwhile.
   */
  void visitFrame(long frame, int upTo, IntConsumer visitor) {
    for (long left = sizes; left != 0; left &= left - 1) {
      int log2 = Long.numberOfTrailingZeros(left);
      long page = frame >>> log2;
      int slot = firstByPa(page);
      while (slot != NIL) {
        int next = nextByPa[slot];
        if (sizeLog2[slot] == log2 && pa[slot] >>> log2 == page && generation[slot] <= upTo) {
          visitor.accept(slot);
        }
        slot = next;
      }
    }
  }

  /** Shows a grant with the addresses of one frame in it. */
  void show(int slot, long frame, FunctionGrants.GrantVisitor visitor) {
    visitor.grant(pasid[slot], va[slot] + (frame - pa[slot]), frame, sizeLog2[slot]);
  }

  /** A slot for a grant of these addresses and size; the caller fills in the rest. */
  int add(long vaStart, long paStart, int log2) {
    int slot = takeSlot();
    va[slot] = vaStart;
    pa[slot] = paStart;
    sizeLog2[slot] = (byte) log2;
    link(slot);
    live++;
    liveBySize[log2]++;
    sizes |= 1L << log2;
    return slot;
  }

  void remove(int slot) {
    int log2 = sizeLog2[slot];
    unlink(vaHeads, nextByVa, bucket(va[slot] >>> log2), slot);
    unlink(paHeads, nextByPa, bucket(pa[slot] >>> log2), slot);
    sizeLog2[slot] = 0;
    nextByVa[slot] = freeHead;
    freeHead = slot;
    live--;
    if (--liveBySize[log2] == 0) {
      sizes &= ~(1L << log2);
    }
    if (live == 0) {
      freeHead = NIL;
      used = 0;
    }
  }

  private int takeSlot() {
    if (freeHead != NIL) {
      int slot = freeHead;
      freeHead = nextByVa[slot];
      return slot;
    }
    if (used == va.length) {
      grow(used * 2);
    }
    return used++;
  }

  private void grow(int capacity) {
    va = Arrays.copyOf(va, capacity);
    pa = Arrays.copyOf(pa, capacity);
    sequence = Arrays.copyOf(sequence, capacity);
    pasid = Arrays.copyOf(pasid, capacity);
    generation = Arrays.copyOf(generation, capacity);
    permissions = Arrays.copyOf(permissions, capacity);
    overdue = Arrays.copyOf(overdue, capacity);
    sizeLog2 = Arrays.copyOf(sizeLog2, capacity);
    nextByVa = new int[capacity];
    nextByPa = new int[capacity];
    vaHeads = emptyHeads(capacity);
    paHeads = emptyHeads(capacity);
    for (int slot = 0; slot < used; slot++) {
      link(slot);
    }
  }

  private void link(int slot) {
    int log2 = sizeLog2[slot];
    int byVa = bucket(va[slot] >>> log2);
    nextByVa[slot] = vaHeads[byVa];
    vaHeads[byVa] = slot;
    int byPa = bucket(pa[slot] >>> log2);
    nextByPa[slot] = paHeads[byPa];
    paHeads[byPa] = slot;
  }

  private static void unlink(int[] heads, int[] next, int bucket, int slot) {
    if (heads[bucket] == slot) {
      heads[bucket] = next[slot];
      return;
    }
    int before = heads[bucket];
    while (next[before] != slot) {
      before = next[before];
    }
    next[before] = next[slot];
  }

  private int bucket(long page) {
    return (int) ((page * hash) >>> (Long.numberOfLeadingZeros(vaHeads.length) + 1));
  }
}
