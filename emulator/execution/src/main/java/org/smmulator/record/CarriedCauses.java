package org.smmulator.record;

/**
 * The causes of entries in one queue, by index: whoever wrote an entry says why, before it moves
 * PROD, and whoever takes the entry asks. Needs no lock: what orders the accesses to the entry
 * orders these.
 */
final class CarriedCauses {
  /** More entries than this between PROD and CONS, and the oldest have no known cause. */
  private static final int ENTRIES = 1 << 13;

  private final int[] indexes = new int[ENTRIES];
  private final long[] causes = new long[ENTRIES];

  void put(int index, long cause) {
    int slot = index & (ENTRIES - 1);
    indexes[slot] = index;
    causes[slot] = cause;
  }

  long get(int index) {
    int slot = index & (ENTRIES - 1);
    return indexes[slot] == index ? causes[slot] : Recorder.NO_CAUSE;
  }
}
