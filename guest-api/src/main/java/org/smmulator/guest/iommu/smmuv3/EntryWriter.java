package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.BitField;
import org.smmulator.arch.structure.Ste;

/**
 * Flyweight over one stream table entry or context descriptor, both of 64 bytes. The SMMU may read
 * and cache any 64-bit piece at any time, valid or not (IHI 0070 3.21.3), so {@link #publish} lets
 * the first word, which makes the entry count, follow only when nobody can hold an older body.
 */
final class EntryWriter {
  private static final int WORDS = Ste.WORDS;

  private final TableMemory memory;
  private final long[] words = new long[WORDS];

  EntryWriter(TableMemory memory) {
    this.memory = memory;
  }

  EntryWriter set(BitField field, long value) {
    words[field.word()] = field.set(words[field.word()], value);
    return this;
  }

  /** Sets an address field, whose bit numbers are those of the address. */
  EntryWriter setInPlace(BitField field, long address) {
    if (field.inPlace(address) != address) {
      throw new IllegalArgumentException(
          "address 0x%x does not fit field %s".formatted(address, field));
    }
    words[field.word()] = (words[field.word()] & ~field.mask()) | address;
    return this;
  }

  /**
   * Replaces an entry whose first word, as it is now, makes the body count for nothing.
   *
   * @param invalidate drops what the SMMU cached of the entry; called after each of the two steps
   */
  void publish(long pa, Runnable invalidate) {
    for (int word = 1; word < WORDS; word++) {
      memory.store(pa + 8L * word, words[word]);
    }
    invalidate.run();
    memory.store(pa, words[0]);
    invalidate.run();
  }
}
