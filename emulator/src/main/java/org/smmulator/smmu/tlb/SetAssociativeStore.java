package org.smmulator.smmu.tlb;

/**
 * A store of fixed size; what was not used for longest makes room in its set.
 *
 * <pre>
 *   slot = set * ways + way
 *   slots[3 * slot] = tag, [3 * slot + 1] = value, [3 * slot + 2] = time of last use
 * </pre>
 */
final class SetAssociativeStore implements TranslationStore {
  /** As many as tell the slots of a set of 64 ways apart. */
  private static final int SLOT_BITS = 8;

  private static final int SLOT_MASK = (1 << SLOT_BITS) - 1;

  private static final int LONGS_OF_4_WAYS = 3 * 4;

  private final SpaceIds ids;
  private final int setLongs;
  private final int setMask;
  private final long[] slots;
  private long clock;

  /** {@code entries / ways} is a power of two, or 0. */
  SetAssociativeStore(int entries, int ways, SpaceIds ids) {
    this.ids = ids;
    this.setLongs = 3 * ways;
    this.setMask = entries / ways - 1;
    this.slots = new long[3 * entries];
  }

  private int set(long index) {
    return ((int) index & setMask) * setLongs;
  }

  @Override
  public long find(long index, long tag) {
    return setLongs == LONGS_OF_4_WAYS ? findInFour(index, tag) : findInAny(index, tag);
  }

  /** Four ways, the usual number, written out: what is constant need not be computed. */
  private long findInFour(long index, long tag) {
    int at = ((int) index & setMask) * LONGS_OF_4_WAYS;
    if (slots[at] != tag) {
      if (slots[at + 3] == tag) {
        at += 3;
      } else if (slots[at + 6] == tag) {
        at += 6;
      } else if (slots[at + 9] == tag) {
        at += 9;
      } else {
        return 0;
      }
    }
    slots[at + 2] = ++clock;
    return slots[at + 1];
  }

  private long findInAny(long index, long tag) {
    int set = set(index);
    for (int at = set; at < set + setLongs; at += 3) {
      if (slots[at] == tag) {
        slots[at + 2] = ++clock;
        return slots[at + 1];
      }
    }
    return 0;
  }

  @Override
  public int slotOf(long index, long tag) {
    int set = set(index);
    for (int at = set; at < set + setLongs; at += 3) {
      if (slots[at] == tag) {
        return at / 3;
      }
    }
    return -1;
  }

  @Override
  public long insert(long index, long tag, long value) {
    int at = place(set(index), tag);
    long displaced = slots[at];
    slots[at] = tag;
    slots[at + 1] = value;
    slots[at + 2] = ++clock;
    return displaced == 0 || ids.isRetired(displaced) ? 0 : displaced;
  }

  /** Where the tag is; or else an empty or retired way; or else the one used first. */
  private int place(int set, long tag) {
    boolean retirees = ids.haveRetired();
    long victim = Long.MAX_VALUE;
    for (int at = set; at < set + setLongs; at += 3) {
      long present = slots[at];
      if (present == tag) {
        return at;
      }
      long use = present == 0 || (retirees && ids.isRetired(present)) ? 0 : slots[at + 2];
      // Which one it is cannot be predicted: a minimum needs no branch.
      victim = Math.min(victim, use << SLOT_BITS | at - set);
    }
    return set + (int) (victim & SLOT_MASK);
  }

  @Override
  public boolean hasRoom(int entries) {
    return slots.length != 0;
  }

  @Override
  public int slots() {
    return slots.length / 3;
  }

  @Override
  public long tag(int slot) {
    return slots[3 * slot];
  }

  @Override
  public long value(int slot) {
    return slots[3 * slot + 1];
  }

  @Override
  public void remove(int slot) {
    slots[3 * slot] = 0;
  }
}
