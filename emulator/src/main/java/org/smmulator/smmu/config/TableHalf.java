package org.smmulator.smmu.config;

import org.smmulator.arch.vmsa.Descriptor;

/**
 * One half of a context's address space: TTB0 for addresses whose bit 55 is 0, TTB1 for the others
 * (ARM DDI 0487 D8.2).
 *
 * @param disabled EPDx: no walks
 * @param inputBits 64 - TxSZ
 * @param topByteIgnored TBIx
 * @param hierarchyIgnored HADx: permissions in table descriptors do not count
 * @param table address of the first table
 * @param startLevel level of the first table
 */
public record TableHalf(
    boolean disabled,
    int inputBits,
    boolean topByteIgnored,
    boolean hierarchyIgnored,
    long table,
    int startLevel) {
  /** Widest input with 4 KiB granules and IDR5.VAX = 0. */
  private static final int MAX_INPUT_BITS = 48;

  private static final int SIGN_BIT = 55;

  static TableHalf disabled(boolean topByteIgnored) {
    return new TableHalf(true, MAX_INPUT_BITS, topByteIgnored, false, 0, 0);
  }

  static TableHalf enabled(
      int inputBits, boolean topByteIgnored, boolean hierarchyIgnored, long ttb) {
    int startLevel =
        4 - (inputBits - Descriptor.PAGE_SHIFT + Descriptor.STRIDE - 1) / Descriptor.STRIDE;
    int indexBits = inputBits - Descriptor.levelShift(startLevel);
    long table = ttb & -(8L << indexBits);
    return new TableHalf(false, inputBits, topByteIgnored, hierarchyIgnored, table, startLevel);
  }

  /** Whether an address in use of TTB1. */
  public static boolean isUpper(long address) {
    return (address >>> SIGN_BIT & 1) != 0;
  }

  /** Whether all bits above the input size are copies of bit 55, the top byte as TBI says. */
  public boolean contains(long address) {
    long extended = topByteIgnored ? address << 8 >> 8 : address;
    return extended >> inputBits == (isUpper(address) ? -1 : 0);
  }

  /** The part of an address that indexes the tables. */
  public long input(long address) {
    return address & ((1L << inputBits) - 1);
  }
}
