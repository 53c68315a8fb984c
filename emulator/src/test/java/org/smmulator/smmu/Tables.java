package org.smmulator.smmu;

import java.util.HashMap;
import java.util.Map;

/**
 * Translation tables in guest memory, of any granule and first level, built as they are needed. The
 * first table may be several, one after the other.
 */
final class Tables {
  /** Where the walk is to find memory that has been allocated for tables. */
  interface Placement {
    long place(long pa, long bytes);
  }

  private final BareGuest guest;
  private final int granuleLog2;
  private final int inputBits;
  private final int firstLevel;
  private final Placement placement;
  private final Map<Long, Long> nextTables = new HashMap<>();
  private final long root;
  private final long base;

  /**
   * @param placement of stage 1 under stage 2: intermediate addresses of the tables
   */
  Tables(BareGuest guest, int granuleLog2, int inputBits, int firstLevel, Placement placement) {
    this.guest = guest;
    this.granuleLog2 = granuleLog2;
    this.inputBits = inputBits;
    this.firstLevel = firstLevel;
    this.placement = placement;
    long bytes = 8L << (inputBits - shift(firstLevel));
    this.root = guest.allocate(bytes);
    this.base = placement.place(root, bytes);
  }

  Tables(BareGuest guest, int granuleLog2, int inputBits, int firstLevel) {
    this(guest, granuleLog2, inputBits, firstLevel, (pa, bytes) -> pa);
  }

  /** Where the first table is in memory. */
  long root() {
    return root;
  }

  /** Where the walk finds the first table: what a TTB holds. */
  long base() {
    return base;
  }

  /** Stores a leaf for an address, with tables on the way as needed; where it is in memory. */
  long map(long input, int level, Structure leaf) {
    long at = slot(input, level);
    guest.store(at, leaf);
    return at;
  }

  /** Where in memory the descriptor of a level is, with tables on the way as needed. */
  long slot(long input, int level) {
    long table = root;
    for (int l = firstLevel; l < level; l++) {
      long at = table + 8 * index(input, l);
      Long next = nextTables.get(at);
      if (next == null) {
        next = guest.allocate(1L << granuleLog2);
        nextTables.put(at, next);
        guest.store(at, BareGuest.table(placement.place(next, 1L << granuleLog2)));
      }
      table = next;
    }
    return table + 8 * index(input, level);
  }

  private long index(long input, int level) {
    long index = (input & ((1L << inputBits) - 1)) >>> shift(level);
    return level == firstLevel ? index : index & ((1L << (granuleLog2 - 3)) - 1);
  }

  private int shift(int level) {
    return granuleLog2 + (3 - level) * (granuleLog2 - 3);
  }
}
