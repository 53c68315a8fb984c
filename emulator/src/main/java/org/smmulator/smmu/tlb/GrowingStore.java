package org.smmulator.smmu.tlb;

/**
 * A store that grows and never evicts: open addressing, at most half full. When it holds {@link
 * #MAX_ENTRIES} it takes no more, so that software cannot make it fill memory.
 */
final class GrowingStore implements TranslationStore {
  static final int MAX_ENTRIES = 1 << 20;

  private static final int MIN_SLOTS = 1 << 10;

  /** Tag of a slot that was emptied: no id is 0. */
  private static final long REMOVED = 1;

  private final SpaceIds ids;
  private long[] slots = new long[2 * MIN_SLOTS];

  /** Slots that do not end a search. */
  private int used;

  GrowingStore(SpaceIds ids) {
    this.ids = ids;
  }

  @Override
  public long find(long index, long tag) {
    int at = place(tag);
    return slots[at] == tag ? slots[at + 1] : 0;
  }

  @Override
  public int slotOf(long index, long tag) {
    int at = place(tag);
    return slots[at] == tag ? at >> 1 : -1;
  }

  @Override
  public long insert(long index, long tag, long value) {
    if (4 * (used + 1) > slots.length) {
      rebuild();
    }
    int at = place(tag);
    long displaced = slots[at];
    if (displaced == 0) {
      used++;
    }
    slots[at] = tag;
    slots[at + 1] = value;
    return displaced;
  }

  /** Where the tag is, or the empty slot where it would go. */
  private int place(long tag) {
    int mask = slots.length - 1;
    long mixed = (tag ^ tag >>> 32) * 0x9e37_79b9_7f4a_7c15L;
    int at = (int) (mixed >>> 32) << 1 & mask;
    while (slots[at] != tag && slots[at] != 0) {
      at = (at + 2) & mask;
    }
    return at;
  }

  /** Leaves out what was removed or retired, and makes room for twice as many as remain. */
  private void rebuild() {
    int alive = 0;
    for (int slot = 0; slot < slots(); slot++) {
      alive += isAlive(tag(slot)) ? 1 : 0;
    }
    long[] old = slots;
    slots = new long[2 * Math.max(MIN_SLOTS, Integer.highestOneBit(alive + 1) << 3)];
    used = 0;
    for (int at = 0; at < old.length; at += 2) {
      if (old[at] != REMOVED && isAlive(old[at])) {
        long unused = insert(0, old[at], old[at + 1]);
      }
    }
  }

  private boolean isAlive(long tag) {
    return tag != 0 && !ids.isRetired(tag);
  }

  @Override
  public boolean hasRoom(int entries) {
    return entries < MAX_ENTRIES;
  }

  @Override
  public int slots() {
    return slots.length >> 1;
  }

  @Override
  public long tag(int slot) {
    long tag = slots[2 * slot];
    return tag == REMOVED ? 0 : tag;
  }

  @Override
  public long value(int slot) {
    return slots[2 * slot + 1];
  }

  @Override
  public void remove(int slot) {
    slots[2 * slot] = REMOVED;
    slots[2 * slot + 1] = 0;
  }
}
