package org.smmulator.arch;

/**
 * One field of a little-endian structure, declared with the absolute bit numbers of the document:
 * {@code field(65, 64)} is bits [1:0] of the second 64-bit word. A field lies within one word.
 */
public final class BitField {
  private final int word;
  private final int shift;
  private final long mask;

  private BitField(int high, int low) {
    if (low < 0 || high < low || high / 64 != low / 64) {
      throw new IllegalArgumentException("field [" + high + ":" + low + "] leaves its 64-bit word");
    }
    int width = high - low + 1;
    this.word = low / 64;
    this.shift = low % 64;
    this.mask = (width == 64 ? -1L : (1L << width) - 1) << shift;
  }

  public static BitField field(int high, int low) {
    return new BitField(high, low);
  }

  public static BitField bit(int position) {
    return new BitField(position, position);
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

  /** Index of the 64-bit word that holds the field. */
  public int word() {
    return word;
  }

  public long mask() {
    return mask;
  }

  @Override
  public String toString() {
    int low = word * 64 + shift;
    int high = low + Long.bitCount(mask) - 1;
    return high == low ? "[" + low + "]" : "[" + high + ":" + low + "]";
  }
}
