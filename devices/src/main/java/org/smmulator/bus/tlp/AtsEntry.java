package org.smmulator.bus.tlp;

/**
 * The 64-bit entry of a Translation Completion, and the payload of an Invalidate Request, which
 * shares its size code: with S=1, ones counted upward from bit 12 to the first zero (Base
 * Specification 10.2.3, 10.3.1). Both travel most significant byte first.
 */
public final class AtsEntry {
  public static final int READ = 1;
  public static final int WRITE = 1 << 1;

  /** Untranslated access only: no translated request may use the entry. */
  public static final int UNTRANSLATED_ONLY = 1 << 2;

  public static final int EXECUTE = 1 << 3;
  public static final int PRIVILEGED = 1 << 4;
  public static final int GLOBAL = 1 << 5;
  public static final int NON_SNOOPED = 1 << 10;

  /** The payload that invalidates every address. */
  public static final long EVERYTHING = 0x7FFF_FFFF_FFFF_F800L;

  private static final int FLAGS = 0x7FF;
  private static final int SIZE = 1 << 11;
  private static final int GLOBAL_INVALIDATE = 1;
  private static final int PAGE_LOG2 = 12;
  private static final int ALL_LOG2 = 64;

  private AtsEntry() {}

  /**
   * An entry for the naturally aligned range that holds the address.
   *
   * @param sizeLog2 12 (4 KiB) to 64 (everything)
   * @param flags {@link #READ} and the other flags of this class
   */
  public static long encode(long address, int sizeLog2, int flags) {
    if (sizeLog2 < PAGE_LOG2 || sizeLog2 > ALL_LOG2) {
      throw new IllegalArgumentException("size 2^" + sizeLog2 + " has no code");
    }
    if ((flags & ~FLAGS) != 0) {
      throw new IllegalArgumentException("flags 0x" + Integer.toHexString(flags));
    }
    long page = (address & ~offsetMask(sizeLog2)) | flags;
    if (sizeLog2 == PAGE_LOG2) {
      return page;
    }
    return page | (offsetMask(sizeLog2 - 1) & -(1L << PAGE_LOG2)) | SIZE;
  }

  /** The payload of an Invalidate Request. */
  public static long encodeInvalidation(long address, int sizeLog2, boolean global) {
    return encode(address, sizeLog2, global ? GLOBAL_INVALIDATE : 0);
  }

  public static boolean isGlobalInvalidation(long payload) {
    return (payload & GLOBAL_INVALIDATE) != 0;
  }

  /** Logarithm of the range's size, 12 to 64; 64 also for the code that no zero ends. */
  public static int sizeLog2(long entry) {
    if ((entry & SIZE) == 0) {
      return PAGE_LOG2;
    }
    int ones = Long.numberOfTrailingZeros(~(entry >> PAGE_LOG2));
    return Math.min(PAGE_LOG2 + 1 + ones, ALL_LOG2);
  }

  /** First address of the range. */
  public static long address(long entry) {
    return entry & ~offsetMask(sizeLog2(entry));
  }

  /** The flags, in their places. */
  public static int flags(long entry) {
    return (int) entry & FLAGS;
  }

  /** Mask of the address bits within a range of the given size; all ones for 64. */
  public static long offsetMask(int sizeLog2) {
    return sizeLog2 == ALL_LOG2 ? -1L : (1L << sizeLog2) - 1;
  }
}
