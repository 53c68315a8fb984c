package org.smmulator.smmu.tlb;

/**
 * Table descriptors that walks went through: where the table is that serves the addresses of one
 * space which share a prefix, and the limits that the descriptors above it set. Never global (IHI
 * 0070 3.17).
 *
 * <pre>
 *   entry:  51       12 | 11 | 5 4   | 3    0
 *           table       | 1  | level | limits
 * </pre>
 */
public final class WalkCache extends TaggedCache {
  private static final int MAX_WAYS = 4;
  private static final long PRESENT = 1L << 11;
  private static final int LEVEL_SHIFT = 4;
  private static final long TABLE_MASK = 0x000f_ffff_ffff_f000L;
  private static final int LIMITS_MASK = 0xf;

  private final boolean exists;

  /** A cache of {@code entries}, a power of two, or none if 0. */
  public WalkCache(int entries, TlbSpaces spaces) {
    super(
        new SetAssociativeStore(entries, Math.max(1, Math.min(MAX_WAYS, entries)), spaces.ids()),
        spaces);
    exists = entries != 0;
    ids.add(this);
  }

  /** Whether it can hold anything for a space; where it cannot, lookups only count. */
  public boolean mayHold(TlbSpace own) {
    return own.tableSizes != 0;
  }

  /** So many lookups that found nothing. */
  public void missed(int times) {
    lookups += times;
    misses += times;
  }

  /**
   * The table of {@code level} for an address, or 0.
   *
   * @param prefixShift lowest address bit that chooses the table
   */
  public long lookup(TlbSpace own, long address, int level, int prefixShift) {
    lookups++;
    if ((own.tableSizes >>> prefixShift & 1) != 0) {
      long input = input(address);
      long found = store.find(index(own, input, prefixShift), tag(own, input, prefixShift));
      if (found != 0 && level(found) == level) {
        return found;
      }
    }
    misses++;
    return 0;
  }

  /** The same without a trace in statistics or the order of use. */
  public long peek(TlbSpace own, long address, int level, int prefixShift) {
    if ((own.tableSizes >>> prefixShift & 1) == 0) {
      return 0;
    }
    long found = valueOf(own, input(address), prefixShift);
    return level(found) == level ? found : 0;
  }

  public static long table(long entry) {
    return entry & TABLE_MASK;
  }

  public static int limits(long entry) {
    return (int) entry & LIMITS_MASK;
  }

  private static int level(long entry) {
    return (int) entry >>> LEVEL_SHIFT & 3;
  }

  /**
   * Keeps a table.
   *
   * @param level 1 to 3
   * @param limits 4 bits
   */
  public void insert(
      TlbSpace own, long address, int level, int prefixShift, long table, int limits) {
    if (exists) {
      put(own, input(address), prefixShift, table | PRESENT | (long) level << LEVEL_SHIFT | limits);
    }
  }

  /** The granule whose tables of {@code level} serve 2^{@code sizeLog2} bytes, as log2. */
  static int granuleLog2(int level, int sizeLog2) {
    // size = granule + (4 - level) * (granule - 3)
    return (sizeLog2 + 3 * (4 - level)) / (5 - level);
  }

  @Override
  long sizes(TlbSpace space) {
    return space.tableSizes;
  }

  @Override
  int reachLog2(TlbSpace space, int sizeLog2) {
    return sizeLog2;
  }

  @Override
  boolean isNamed(AddressRange range, long input, int sizeLog2, long value) {
    return range.namesTable(input, sizeLog2, level(value));
  }

  @Override
  void added(TlbSpace space, int sizeLog2, long value, int more) {
    space.tables += more;
    space.tableSizes |= 1L << sizeLog2;
  }

  @Override
  void removed(TlbSpace space) {
    if (--space.tables == 0) {
      space.tableSizes = 0;
    }
  }

  void retire(TlbSpace space) {
    retired(space.tables);
    space.tables = 0;
    space.tableSizes = 0;
  }
}
