package org.smmulator.smmu.tlb;

import java.util.Arrays;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * The TLB (IHI 0070 3.17): leaves of 4 KiB, 2 MiB and 1 GiB side by side, each tagged with its page
 * and with its ASID, or, if global, with the ASET of its context. The set depends on the page
 * alone, so that a lookup finds global entries and an invalidation by address looks at one set for
 * each size that is present.
 *
 * <pre>
 *   tag:  63 | 62     | 61   | 60   59 | 58  43 | 36        | 35           0
 *          1 | global | ASET | level   | ASID   | VA[55]    | VA[47:shift]
 *   of a global entry ASID is 0, of another one ASET is 0
 * </pre>
 */
public final class Tlb {
  private static final long PRESENT = 1L << 63;
  private static final long GLOBAL = 1L << 62;
  private static final int ASET_SHIFT = 61;
  private static final int LEVEL_SHIFT = 59;
  private static final int ASID_SHIFT = 43;
  private static final long ASID_MASK = 0xffffL << ASID_SHIFT;
  private static final long PAGE_MASK = (1L << 37) - 1;
  private static final int FIRST_LEVEL = 1;
  private static final int LAST_LEVEL = 3;

  private final SetAssociativeStore store;
  private final int[] presentAtLevel = new int[LAST_LEVEL + 1];
  private long lookups;
  private long hits;

  public Tlb(int entries, int ways) {
    store = new SetAssociativeStore(entries, ways);
  }

  /** The {@link Translation} of an address for one context, or 0. */
  public long lookup(int asid, boolean aset, long address) {
    lookups++;
    for (int level = LAST_LEVEL; level >= FIRST_LEVEL; level--) {
      if (presentAtLevel[level] != 0) {
        long page = page(address, level);
        long found = store.find(page, ownTag(page, level, asid), globalTag(page, level, aset));
        if (found != 0) {
          hits++;
          return found;
        }
      }
    }
    return 0;
  }

  /** Keeps a translation that is no fault. */
  public void insert(int asid, boolean aset, boolean global, long address, long translation) {
    int level = Translation.level(translation);
    long page = page(address, level);
    long tag = global ? globalTag(page, level, aset) : ownTag(page, level, asid);
    long evicted = store.insert(page, tag, translation);
    presentAtLevel[level]++;
    if (evicted != 0) {
      presentAtLevel[levelOf(evicted)]--;
    }
  }

  /** Drops the page of {@code address} for one ASID, and global ones. */
  void invalidateVa(int asid, long address) {
    for (int level = FIRST_LEVEL; level <= LAST_LEVEL; level++) {
      long page = page(address, level);
      long own = ownTag(page, level, asid);
      for (int slot = store.firstSlot(page), n = waysAt(level); n > 0; slot++, n--) {
        long tag = store.tag(slot);
        if (tag == own || ((tag & GLOBAL) != 0 && isPage(tag, page, level))) {
          clear(slot, level);
        }
      }
    }
  }

  /** Drops the page of {@code address} for all ASIDs. */
  void invalidateVaa(long address) {
    for (int level = FIRST_LEVEL; level <= LAST_LEVEL; level++) {
      long page = page(address, level);
      for (int slot = store.firstSlot(page), n = waysAt(level); n > 0; slot++, n--) {
        if (isPage(store.tag(slot), page, level)) {
          clear(slot, level);
        }
      }
    }
  }

  /** Drops everything of one ASID that is not global. */
  void invalidateAsid(int asid) {
    for (int slot = 0; slot < store.slots(); slot++) {
      long tag = store.tag(slot);
      if (tag != 0 && (tag & GLOBAL) == 0 && (tag & ASID_MASK) == (long) asid << ASID_SHIFT) {
        clear(slot, levelOf(tag));
      }
    }
  }

  void invalidateAll() {
    store.clear();
    Arrays.fill(presentAtLevel, 0);
  }

  public long lookups() {
    return lookups;
  }

  public long hits() {
    return hits;
  }

  private int waysAt(int level) {
    return presentAtLevel[level] == 0 ? 0 : store.ways();
  }

  private void clear(int slot, int level) {
    store.clear(slot);
    presentAtLevel[level]--;
  }

  private static long page(long address, int level) {
    long low = (address & ((1L << 48) - 1)) >>> Descriptor.levelShift(level);
    return low | (address >>> 55 & 1) << 36;
  }

  private static long ownTag(long page, int level, int asid) {
    return PRESENT | (long) level << LEVEL_SHIFT | (long) asid << ASID_SHIFT | page;
  }

  private static long globalTag(long page, int level, boolean aset) {
    return PRESENT | GLOBAL | (aset ? 1L : 0L) << ASET_SHIFT | (long) level << LEVEL_SHIFT | page;
  }

  private static int levelOf(long tag) {
    return (int) (tag >>> LEVEL_SHIFT) & 3;
  }

  private static boolean isPage(long tag, long page, int level) {
    return tag != 0 && levelOf(tag) == level && (tag & PAGE_MASK) == page;
  }
}
