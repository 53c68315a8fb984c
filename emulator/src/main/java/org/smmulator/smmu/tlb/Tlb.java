package org.smmulator.smmu.tlb;

import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * The TLB (IHI 0070 3.17): translations of blocks of 2^12 to 2^47 bytes side by side, those of one
 * stage and of both, each tagged with its address space. The least recently used entry of a set
 * makes room.
 *
 * <p>An address is bits [51:0] and bit 55, which tells the upper half; the others are ignored.
 */
public final class Tlb extends TaggedCache {
  /**
   * A TLB.
   *
   * @param entries a power of two times the ways, or {@link SmmuFeatures.Caches#INFINITE}
   */
  public Tlb(int entries, int ways, TlbSpaces spaces) {
    super(
        entries == SmmuFeatures.Caches.INFINITE
            ? new GrowingStore(spaces.ids())
            : new SetAssociativeStore(entries, ways, spaces.ids()),
        spaces);
    ids.add(this);
  }

  /** The {@link Translation} of an address in a space or among its global pages, or 0. */
  public long lookup(TlbSpace own, TlbSpace global, long address) {
    lookups++;
    long input = input(address);
    long found = find(own, input);
    if (found == 0) {
      found = find(global, input);
      if (found == 0) {
        misses++;
      }
    }
    return found;
  }

  private long find(TlbSpace space, long input) {
    for (long sizes = space.leafSizes; sizes != 0; sizes &= sizes - 1) {
      int sizeLog2 = Long.numberOfTrailingZeros(sizes);
      long found = store.find(index(space, input, sizeLog2), tag(space, input, sizeLog2));
      if (found != 0) {
        return found;
      }
    }
    return 0;
  }

  /** The same without a trace in statistics or the order of use. */
  public long peek(TlbSpace own, TlbSpace global, long address) {
    long found = peek(own, input(address));
    return found == 0 ? peek(global, input(address)) : found;
  }

  private long peek(TlbSpace space, long input) {
    for (long sizes = space.leafSizes; sizes != 0; sizes &= sizes - 1) {
      long found = valueOf(space, input, Long.numberOfTrailingZeros(sizes));
      if (found != 0) {
        return found;
      }
    }
    return 0;
  }

  /** Keeps a translation that is no fault, in place of one of the same block. */
  public void insert(TlbSpace space, long address, long translation) {
    put(space, input(address), Translation.sizeLog2(translation), translation);
  }

  /** What one leaf covers as log2, that of stage 1 if there is one: pieces of it go together. */
  static int spanLog2(long translation) {
    int leafLog2 = Translation.granule(translation).levelShift(Translation.level(translation));
    return Math.max(leafLog2, Translation.sizeLog2(translation));
  }

  @Override
  long sizes(TlbSpace space) {
    return space.leafSizes;
  }

  @Override
  int reachLog2(TlbSpace space, int sizeLog2) {
    long broken = space.brokenLeaves >>> sizeLog2;
    return broken == 0 ? sizeLog2 : sizeLog2 + 63 - Long.numberOfLeadingZeros(broken);
  }

  @Override
  boolean isNamed(AddressRange range, long input, int sizeLog2, long value) {
    return range.namesLeaf(input, value);
  }

  @Override
  void added(TlbSpace space, int sizeLog2, long value, int more) {
    space.leaves += more;
    space.leafSizes |= 1L << sizeLog2;
    int spanLog2 = spanLog2(value);
    if (spanLog2 > sizeLog2) {
      space.brokenLeaves |= 1L << spanLog2;
    }
  }

  @Override
  void removed(TlbSpace space) {
    if (--space.leaves == 0) {
      space.leafSizes = 0;
      space.brokenLeaves = 0;
    }
  }

  void retire(TlbSpace space) {
    retired(space.leaves);
    space.leaves = 0;
    space.leafSizes = 0;
    space.brokenLeaves = 0;
  }
}
