package org.smmulator.smmu.oracle;

/** A structure of eight words on its way from software to memory. */
final class EightWords {
  private final long[] words = new long[8];

  /** Sets bits [high:low] of one word. */
  EightWords set(int word, int high, int low, long value) {
    long mask = Bits.ones(high - low + 1) << low;
    words[word] = (words[word] & ~mask) | ((value << low) & mask);
    return this;
  }

  EightWords set(int word, int position, boolean value) {
    return set(word, position, position, value ? 1 : 0);
  }

  /** Puts an address at its natural place: bits 51 down to {@code low}. */
  EightWords address(int word, int low, long address) {
    return set(word, 51, low, address >>> low);
  }

  void write(Arena arena, long pa) {
    for (int i = 0; i < words.length; i++) {
      arena.poke(pa + 8L * i, words[i]);
    }
  }
}
