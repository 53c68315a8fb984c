package org.smmulator.smmu.tlb;

/**
 * Which input addresses a TLBI names, and which entries for them: TG, TTL and Leaf (IHI 0070
 * 4.4.1); reused. A range ends with the half of the address space that it starts in.
 */
public final class AddressRange {
  private static final int ANY = 0;
  private static final long HALF = (1L << 52) - 1;

  private long first;
  private long last;
  private int granuleLog2;
  private int level;
  private boolean leafOnly;

  /** One address; entries of any granule and level. */
  public AddressRange page(long address, boolean leavesOnly) {
    first = TaggedCache.input(address);
    last = first;
    granuleLog2 = ANY;
    level = ANY;
    leafOnly = leavesOnly;
    return this;
  }

  /**
   * The {@code bytes} from an address on, at most 2^52.
   *
   * @param pageLog2 granule of the entries as log2
   * @param leafLevel level of the leaves, or 0 for any
   */
  public AddressRange range(
      long address, long bytes, int pageLog2, int leafLevel, boolean leavesOnly) {
    first = TaggedCache.input(address);
    last = Math.min(first + bytes - 1, first | HALF);
    granuleLog2 = pageLog2;
    level = leafLevel;
    leafOnly = leavesOnly;
    return this;
  }

  boolean leafOnly() {
    return leafOnly;
  }

  /**
   * The first block of 2^{@code sizeLog2} bytes that lies in a block of 2^{@code reachLog2} bytes
   * with one of these addresses.
   */
  long firstBlock(int sizeLog2, int reachLog2) {
    return first >>> reachLog2 << (reachLog2 - sizeLog2);
  }

  /** The last such block. */
  long lastBlock(int sizeLog2, int reachLog2) {
    return (((last >>> reachLog2) + 1) << (reachLog2 - sizeLog2)) - 1;
  }

  /** Whether this names a leaf with the input address {@code input}. */
  boolean namesLeaf(long input, long translation) {
    int spanLog2 = Tlb.spanLog2(translation);
    return touches(input, spanLog2)
        && (level == ANY || level == Translation.level(translation))
        && (granuleLog2 == ANY || granuleLog2 == Translation.granule(translation).shift());
  }

  /** Whether this names a table that serves the 2^{@code sizeLog2} bytes at {@code input}. */
  boolean namesTable(long input, int sizeLog2, int ofLevel) {
    return touches(input, sizeLog2)
        && (level == ANY || ofLevel <= level)
        && (granuleLog2 == ANY || granuleLog2 == WalkCache.granuleLog2(ofLevel, sizeLog2));
  }

  private boolean touches(long input, int spanLog2) {
    long block = input >>> spanLog2;
    return block >= first >>> spanLog2 && block <= last >>> spanLog2;
  }
}
