package org.smmulator.smmu.oracle;

/** Fields of 64-bit words as the specification writes them: {@code [high:low]}. */
final class Bits {
  private Bits() {}

  static long bits(long word, int high, int low) {
    return (word >>> low) & ones(high - low + 1);
  }

  static boolean bit(long word, int position) {
    return ((word >>> position) & 1) != 0;
  }

  /** Bits [high:low] of the word in their place, the others zero. */
  static long inPlace(long word, int high, int low) {
    return bits(word, high, low) << low;
  }

  /** A word of {@code count} ones, 0 to 64. */
  static long ones(int count) {
    return count >= 64 ? -1L : (1L << count) - 1;
  }

  /** Whether the unsigned address needs more than {@code width} bits. */
  static boolean exceeds(long address, int width) {
    return width < 64 && address >>> width != 0;
  }

  static long alignDown(long address, int log2) {
    return address & ~ones(log2);
  }

  static long flag(boolean set, int position) {
    return set ? 1L << position : 0;
  }
}
