package org.smmulator.arch.vmsa;

/**
 * VMSAv8-64 stage 1 descriptors with the 4 KiB granule, a bare {@code long} each (Arm ARM D8.3). A
 * level 3 descriptor with bit 1 clear is reserved and counts as invalid.
 */
public final class Descriptor {
  public static final int PAGE_SHIFT = 12;
  public static final long PAGE_BYTES = 1L << PAGE_SHIFT;
  public static final int ENTRIES = 512;
  public static final int STRIDE = 9;

  public static final long VALID = 1L;

  /** With VALID at levels 0 to 2: a table. With VALID at level 3: a page. */
  public static final long TABLE_OR_PAGE = 1L << 1;

  public static final int ATTR_INDEX_SHIFT = 2;

  /** AP[1]: unprivileged access permitted. */
  public static final long AP_UNPRIVILEGED = 1L << 6;

  /** AP[2]: read-only. */
  public static final long AP_READ_ONLY = 1L << 7;

  public static final long SH_INNER = 3L << 8;

  /** Access flag. */
  public static final long AF = 1L << 10;

  /** Not global: the translation belongs to one ASID. */
  public static final long NG = 1L << 11;

  /** Dirty bit modifier. */
  public static final long DBM = 1L << 51;

  public static final long CONTIGUOUS = 1L << 52;
  public static final long PXN = 1L << 53;
  public static final long UXN = 1L << 54;

  /** Bits [58:55]: for software. */
  public static final int SOFTWARE_SHIFT = 55;

  public static final long PXN_TABLE = 1L << 59;
  public static final long UXN_TABLE = 1L << 60;

  /** APTable[0]: no unprivileged access below. */
  public static final long AP_TABLE_NO_UNPRIVILEGED = 1L << 61;

  /** APTable[1]: no write access below. */
  public static final long AP_TABLE_READ_ONLY = 1L << 62;

  /** Stage 2: MemAttr, bits [5:2]. */
  public static final int S2_MEMATTR_SHIFT = 2;

  /** Stage 2: S2AP[0], read. */
  public static final long S2AP_READ = 1L << 6;

  /** Stage 2: S2AP[1], write. */
  public static final long S2AP_WRITE = 1L << 7;

  /** Stage 2: XN[1:0], bits [54:53]. */
  public static final int S2_XN_SHIFT = 53;

  private static final long ADDRESS_MASK = 0x0000_FFFF_FFFF_F000L;

  private Descriptor() {}

  public static boolean isValid(long descriptor) {
    return (descriptor & VALID) != 0;
  }

  /** Whether a level 0 to 2 descriptor points to a next table. */
  public static boolean isTable(long descriptor) {
    return (descriptor & (VALID | TABLE_OR_PAGE)) == (VALID | TABLE_OR_PAGE);
  }

  /** Whether a level 3 descriptor maps a page. */
  public static boolean isPage(long descriptor) {
    return (descriptor & (VALID | TABLE_OR_PAGE)) == (VALID | TABLE_OR_PAGE);
  }

  /** Next table or output page: bits [47:12]. */
  public static long address(long descriptor) {
    return descriptor & ADDRESS_MASK;
  }

  /** Output of a block at {@code level} (1: 1 GiB, 2: 2 MiB): bits [47:shift]. */
  public static long blockAddress(long descriptor, int level) {
    return descriptor & ADDRESS_MASK & -(1L << levelShift(level));
  }

  /** Lowest address bit that indexes the table of {@code level} (0 to 3): 39, 30, 21, 12. */
  public static int levelShift(int level) {
    return PAGE_SHIFT + (3 - level) * STRIDE;
  }

  public static int index(long address, int level) {
    return (int) (address >>> levelShift(level)) & (ENTRIES - 1);
  }

  public static long table(long tableAddress) {
    return (tableAddress & ADDRESS_MASK) | TABLE_OR_PAGE | VALID;
  }
}
