package org.smmulator.smmu.tlb;

import org.smmulator.arch.vmsa.Descriptor;

/**
 * Table descriptors that walks went through: for the table of levels 1 to 3 that serves an address
 * of an ASID, where it is, and the limits that the descriptors above it set. Never global (IHI 0070
 * 3.17).
 *
 * <pre>
 *   tag:    63 | 60   59 | 58  43 | 36     | 35             0
 *            1 | level   | ASID   | VA[55] | VA[47:shift of the level above]
 *   value:  table address [51:12] | 11: 1 | limits [3:0]
 * </pre>
 */
public final class WalkCache {
  private static final int MAX_WAYS = 4;
  private static final long PRESENT_TAG = 1L << 63;
  private static final int LEVEL_SHIFT = 59;
  private static final int ASID_SHIFT = 43;
  private static final long ASID_MASK = 0xffffL << ASID_SHIFT;
  private static final long PRESENT = 1L << 11;
  private static final long TABLE_MASK = 0x000f_ffff_ffff_f000L;
  private static final int LIMITS_MASK = 0xf;
  private static final int FIRST_LEVEL = 1;
  private static final int LAST_LEVEL = 3;

  private final SetAssociativeStore store;

  /** A cache of {@code entries}, a power of two, or none if 0. */
  public WalkCache(int entries) {
    store = new SetAssociativeStore(entries, Math.max(1, Math.min(MAX_WAYS, entries)));
  }

  /** The table of {@code level} for an address, or 0. */
  public long lookup(int asid, long address, int level) {
    if (store.slots() == 0) {
      return 0;
    }
    long prefix = prefix(address, level);
    long tag = tag(asid, prefix, level);
    return store.find(prefix, tag, tag);
  }

  public static long table(long entry) {
    return entry & TABLE_MASK;
  }

  public static int limits(long entry) {
    return (int) entry & LIMITS_MASK;
  }

  public void insert(int asid, long address, int level, long table, int limits) {
    if (store.slots() != 0) {
      long prefix = prefix(address, level);
      store.insert(prefix, tag(asid, prefix, level), table | PRESENT | limits);
    }
  }

  /** Drops the tables on the path to {@code address}, of one ASID. */
  void invalidateVa(int asid, long address) {
    invalidatePath(address, ASID_MASK, (long) asid << ASID_SHIFT);
  }

  /** Drops the tables on the path to {@code address}, of all ASIDs. */
  void invalidateVaa(long address) {
    invalidatePath(address, 0, 0);
  }

  private void invalidatePath(long address, long asidMask, long asidBits) {
    if (store.slots() == 0) {
      return;
    }
    for (int level = FIRST_LEVEL; level <= LAST_LEVEL; level++) {
      long prefix = prefix(address, level);
      long wanted = tag(0, prefix, level) | asidBits;
      long ignored = ASID_MASK & ~asidMask;
      int first = store.firstSlot(prefix);
      for (int slot = first; slot < first + store.ways(); slot++) {
        if ((store.tag(slot) & ~ignored) == wanted) {
          store.clear(slot);
        }
      }
    }
  }

  void invalidateAsid(int asid) {
    for (int slot = 0; slot < store.slots(); slot++) {
      if (store.tag(slot) != 0 && (store.tag(slot) & ASID_MASK) == (long) asid << ASID_SHIFT) {
        store.clear(slot);
      }
    }
  }

  void invalidateAll() {
    store.clear();
  }

  private static long prefix(long address, int level) {
    long low = (address & ((1L << 48) - 1)) >>> Descriptor.levelShift(level - 1);
    return low | (address >>> 55 & 1) << 36;
  }

  private static long tag(int asid, long prefix, int level) {
    return PRESENT_TAG | (long) level << LEVEL_SHIFT | (long) asid << ASID_SHIFT | prefix;
  }
}
