package org.smmulator.smmu.tlb;

/**
 * Tags and values of a cache, in numbered slots. A tag is not 0; neither is a value. Entries whose
 * id is retired count as absent.
 */
interface TranslationStore {
  /** The value under a tag, or 0; counts as a use. */
  long find(long index, long tag);

  /** The slot of a tag, or -1; is no use. */
  int slotOf(long index, long tag);

  /**
   * Stores a value.
   *
   * @return the tag in whose place it went: the same one, that of an evicted entry, or 0
   */
  long insert(long index, long tag, long value);

  /** Whether a new tag can be stored while {@code entries} are present. */
  boolean hasRoom(int entries);

  int slots();

  /** The tag in a slot, or 0. */
  long tag(int slot);

  long value(int slot);

  /** Empties a slot; the others stay where they are. */
  void remove(int slot);
}
