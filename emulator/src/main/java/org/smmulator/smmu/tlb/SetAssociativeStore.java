package org.smmulator.smmu.tlb;

import java.util.Arrays;

/**
 * Tags and values of a set-associative cache in flat arrays; the least recently used slot of a set
 * makes room. A tag of 0 is an empty slot.
 *
 * <pre>
 *   slot = set * ways + way
 * </pre>
 */
final class SetAssociativeStore {
  private final int ways;
  private final int setMask;
  private final long[] tags;
  private final long[] values;

  /** 0 of an empty slot. */
  private final long[] lastUse;

  private long clock;

  /** {@code entries / ways} is a power of two. */
  SetAssociativeStore(int entries, int ways) {
    this.ways = ways;
    this.setMask = entries / ways - 1;
    this.tags = new long[entries];
    this.values = new long[entries];
    this.lastUse = new long[entries];
  }

  int slots() {
    return tags.length;
  }

  int ways() {
    return ways;
  }

  /** First slot of the set that an index chooses. */
  int firstSlot(long index) {
    return ((int) index & setMask) * ways;
  }

  long tag(int slot) {
    return tags[slot];
  }

  /** The value under either tag, or 0; counts as a use. */
  long find(long index, long tag, long otherTag) {
    int first = firstSlot(index);
    for (int slot = first; slot < first + ways; slot++) {
      long present = tags[slot];
      if (present == tag || present == otherTag) {
        lastUse[slot] = ++clock;
        return values[slot];
      }
    }
    return 0;
  }

  /**
   * Stores a value in place of one with the same tag, in an empty slot, or in that used longest
   * ago.
   *
   * @return the tag that made room, or 0
   */
  long insert(long index, long tag, long value) {
    int first = firstSlot(index);
    int victim = first;
    for (int slot = first; slot < first + ways; slot++) {
      if (tags[slot] == tag) {
        victim = slot;
        break;
      }
      if (lastUse[slot] < lastUse[victim]) {
        victim = slot;
      }
    }
    long evicted = tags[victim];
    tags[victim] = tag;
    values[victim] = value;
    lastUse[victim] = ++clock;
    return evicted;
  }

  void clear(int slot) {
    tags[slot] = 0;
    lastUse[slot] = 0;
  }

  void clear() {
    Arrays.fill(tags, 0);
    Arrays.fill(lastUse, 0);
  }
}
