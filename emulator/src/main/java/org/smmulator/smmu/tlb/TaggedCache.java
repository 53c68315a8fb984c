package org.smmulator.smmu.tlb;

import org.smmulator.counter.Counts;
import org.smmulator.smmu.port.CacheCounter;

/**
 * What TLB and walk cache have in common: entries for an aligned block of an address space's input
 * addresses, and their invalidation.
 *
 * <pre>
 *   input:  52     | 51      0
 *           VA[55] | VA[51:0]
 *   tag:    62  42 | 41                          0
 *           id     | (input of the block + half its size) >> 11
 * </pre>
 */
abstract class TaggedCache {
  private static final int INPUT_BITS = 53;
  private static final int UPPER_SHIFT = 52;
  private static final int TAG_SHIFT = 11;
  private static final int ID_SHIFT = INPUT_BITS - TAG_SHIFT;
  private static final long BLOCK_MASK = (1L << ID_SHIFT) - 1;

  final TranslationStore store;
  private final TlbSpaces spaces;
  final SpaceIds ids;
  private int resident;
  long lookups;
  long misses;
  private long insertions;
  private long evictions;
  private long invalidated;

  TaggedCache(TranslationStore store, TlbSpaces spaces) {
    this.store = store;
    this.spaces = spaces;
    this.ids = spaces.ids();
  }

  /** All that follows at once. */
  public Counts<CacheCounter> counters() {
    return Counts.of(
        CacheCounter.class,
        row ->
            switch (row) {
              case LOOKUPS -> lookups;
              case HITS -> hits();
              case INSERTIONS -> insertions;
              case EVICTIONS -> evictions;
              case INVALIDATED -> invalidated;
              case RESIDENT -> resident;
            });
  }

  /** Lookups so far. */
  public long lookups() {
    return lookups;
  }

  /** Lookups that found something. */
  public long hits() {
    return lookups - misses;
  }

  /** Entries stored, in place of others with the same tag as well. */
  public long insertions() {
    return insertions;
  }

  /** Entries that made room for others. */
  public long evictions() {
    return evictions;
  }

  /** Entries that a command or a broadcast dropped. */
  public long invalidated() {
    return invalidated;
  }

  /** Entries that can be found. */
  public int resident() {
    return resident;
  }

  static long input(long address) {
    return (address & ((1L << UPPER_SHIFT) - 1)) | (address >>> 55 & 1) << UPPER_SHIFT;
  }

  static long tag(TlbSpace space, long input, int sizeLog2) {
    long middle = 1L << (sizeLog2 - 1);
    return (long) space.id << ID_SHIFT | ((input & -(middle << 1)) | middle) >>> TAG_SHIFT;
  }

  static int id(long tag) {
    return (int) (tag >>> ID_SHIFT);
  }

  private static long inputOf(long tag) {
    long block = tag & BLOCK_MASK;
    return (block & (block - 1)) << TAG_SHIFT;
  }

  private static int sizeLog2Of(long tag) {
    return Long.numberOfTrailingZeros(tag) + TAG_SHIFT + 1;
  }

  /**
   * What chooses the set: neighbours get different ones, and so do blocks a power of two apart and
   * the same number of different spaces or sizes.
   */
  static long index(TlbSpace space, long input, int sizeLog2) {
    long block = input >>> sizeLog2;
    return block ^ block >>> 9 ^ block >>> 18 ^ ((space.id << 6 | sizeLog2) * 0x9e37_79b1L) >>> 7;
  }

  final void put(TlbSpace space, long input, int sizeLog2, long value) {
    if (space.id == 0) {
      if (!store.hasRoom(resident)) {
        return;
      }
      ids.assign(space);
    }
    long tag = tag(space, input, sizeLog2);
    long index = index(space, input, sizeLog2);
    if (!store.hasRoom(resident) && store.slotOf(index, tag) < 0) {
      return;
    }
    insertions++;
    long displaced = store.insert(index, tag, value);
    added(space, sizeLog2, value, displaced == tag ? 0 : 1);
    if (displaced != tag) {
      resident++;
      if (displaced != 0) {
        evictions++;
        evict(displaced);
      }
    }
  }

  private void evict(long tag) {
    TlbSpace victim = ids.ofTag(tag);
    if (victim == null) {
      throw new IllegalStateException("a retired entry was evicted");
    }
    forget(victim);
  }

  private void forget(TlbSpace space) {
    resident--;
    removed(space);
    if (space.leaves == 0 && space.tables == 0) {
      ids.release(space);
    }
  }

  /** Drops what a range names in the spaces that are selected, which are those of the scope. */
  final void invalidate(SpaceScope scope, AddressRange range, int selected) {
    long probes = 0;
    for (int i = 0; i < selected; i++) {
      probes += probes(spaces.selected(i), range);
    }
    if (probes > store.slots()) {
      sweep(scope, range);
      return;
    }
    for (int i = 0; i < selected; i++) {
      TlbSpace space = spaces.selected(i);
      for (long sizes = sizes(space); sizes != 0; sizes &= sizes - 1) {
        probe(space, range, Long.numberOfTrailingZeros(sizes));
      }
    }
  }

  private long probes(TlbSpace space, AddressRange range) {
    long probes = 0;
    for (long sizes = sizes(space); sizes != 0; sizes &= sizes - 1) {
      int sizeLog2 = Long.numberOfTrailingZeros(sizes);
      int reachLog2 = reachLog2(space, sizeLog2);
      probes += range.lastBlock(sizeLog2, reachLog2) - range.firstBlock(sizeLog2, reachLog2) + 1;
    }
    return probes;
  }

  private void probe(TlbSpace space, AddressRange range, int sizeLog2) {
    int reachLog2 = reachLog2(space, sizeLog2);
    long last = range.lastBlock(sizeLog2, reachLog2);
    long block = range.firstBlock(sizeLog2, reachLog2);
    // A space that lost its last entry has no id to ask for.
    for (; block <= last && space.id != 0; block++) {
      long input = block << sizeLog2;
      int slot = store.slotOf(index(space, input, sizeLog2), tag(space, input, sizeLog2));
      if (slot >= 0 && isNamed(range, input, sizeLog2, store.value(slot))) {
        drop(space, slot);
      }
    }
  }

  private void sweep(SpaceScope scope, AddressRange range) {
    for (int slot = 0; slot < store.slots(); slot++) {
      long tag = store.tag(slot);
      TlbSpace space = tag == 0 ? null : ids.ofTag(tag);
      if (space != null
          && scope.names(space)
          && isNamed(range, inputOf(tag), sizeLog2Of(tag), store.value(slot))) {
        drop(space, slot);
      }
    }
  }

  private void drop(TlbSpace space, int slot) {
    store.remove(slot);
    invalidated++;
    forget(space);
  }

  /** {@code entries} of a space that is being retired are gone. */
  final void retired(int entries) {
    invalidated += entries;
    resident -= entries;
  }

  /** Empties the slots of entries that no space has any more. */
  final void sweepRetired() {
    for (int slot = 0; slot < store.slots(); slot++) {
      long tag = store.tag(slot);
      if (tag != 0 && ids.isRetired(tag)) {
        store.remove(slot);
      }
    }
  }

  /** Bit n: the space may have entries of 2^n bytes. */
  abstract long sizes(TlbSpace space);

  /** How far around an address an invalidation of it reaches for entries of a size. */
  abstract int reachLog2(TlbSpace space, int sizeLog2);

  abstract boolean isNamed(AddressRange range, long input, int sizeLog2, long value);

  /** A space has {@code more} entries, 0 or 1, the last of them this one. */
  abstract void added(TlbSpace space, int sizeLog2, long value, int more);

  /** A space has one entry less. */
  abstract void removed(TlbSpace space);

  /** The value of an entry, or 0; is no use. */
  final long valueOf(TlbSpace space, long input, int sizeLog2) {
    int slot = store.slotOf(index(space, input, sizeLog2), tag(space, input, sizeLog2));
    return slot < 0 ? 0 : store.value(slot);
  }
}
