package org.smmulator.pcie;

/** Ranges in naturally aligned accesses of 1, 2, 4 and 8 bytes, as registers have them. */
final class Aligned {
  private Aligned() {}

  /** The largest access that begins at an address and has at most so many bytes, at least 1. */
  static int width(long address, int atMost) {
    int byAddress = (int) Long.lowestOneBit(address | Long.BYTES);
    return Math.min(byAddress, Integer.highestOneBit(atMost));
  }
}
