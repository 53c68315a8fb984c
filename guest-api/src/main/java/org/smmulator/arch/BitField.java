package org.smmulator.arch;

import org.jspecify.annotations.Nullable;

/**
 * One field of a little-endian structure, declared with the absolute bit numbers of the document:
 * {@code field(65, 64)} is bits [1:0] of the second 64-bit word. A field lies within one word. A
 * record, because compilers take the fields of constant records for constants, and of constant
 * objects of other classes not.
 *
 * @param word index of the 64-bit word that holds the field
 * @param shift its lowest bit in that word
 * @param mask its bits in that word
 */
public record BitField(int word, int shift, long mask) {
  public static BitField field(int high, int low) {
    if (low < 0 || high < low || high / 64 != low / 64) {
      throw new IllegalArgumentException("field [" + high + ":" + low + "] leaves its 64-bit word");
    }
    int width = high - low + 1;
    long ones = width == 64 ? -1 : (1L << width) - 1;
    return new BitField(low / 64, low % 64, ones << (low % 64));
  }

  public static BitField bit(int position) {
    return field(position, position);
  }

  /** The field's value, right-aligned, out of the 64-bit word that holds it. */
  public long get(long wordValue) {
    return (wordValue & mask) >>> shift;
  }

  public int getInt(long wordValue) {
    return (int) get(wordValue);
  }

  public boolean isSet(long wordValue) {
    return (wordValue & mask) != 0;
  }

  /** The field where it stands, for addresses whose bit numbers are those of the word. */
  public long inPlace(long wordValue) {
    return wordValue & mask;
  }

  /** The word with this field replaced. */
  public long set(long wordValue, long value) {
    return (wordValue & ~mask) | of(value);
  }

  /** A word that holds nothing but this field. */
  public long of(long value) {
    long placed = (value << shift) & mask;
    if ((placed >>> shift) != value) {
      throw new IllegalArgumentException(
          "value 0x" + Long.toHexString(value) + " does not fit field " + this);
    }
    return placed;
  }

  /** Two fields may have the same bits, of different structures or for different purposes. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    int low = word * 64 + shift;
    int high = low + Long.bitCount(mask) - 1;
    return high == low ? "[" + low + "]" : "[" + high + ":" + low + "]";
  }
}
