package org.smmulator.pcie.ledger;

import java.util.Arrays;

/**
 * The last revoked grant on each of some physical pages, so that a stale access can be reported
 * with the PASID and the address it was once granted for, and with what ended the grant.
 * Direct-mapped: a page may push out another's memory, and then that report has less to say.
 */
final class RevokedGrants {
  private static final int ENTRIES = 4096;

  private final long[] pages = new long[ENTRIES];
  private final byte[] sizesLog2 = new byte[ENTRIES];
  private final long[] vas = new long[ENTRIES];
  private final int[] pasids = new int[ENTRIES];
  private final GrantEnd[] ends = new GrantEnd[ENTRIES];
  private long sizes;

  RevokedGrants() {
    Arrays.fill(ends, GrantEnd.Other.RESET); // none is read before it is written
  }

  void remember(long pa, int sizeLog2, long va, int pasid, GrantEnd end) {
    int entry = entry(pa >>> sizeLog2);
    pages[entry] = pa >>> sizeLog2;
    sizesLog2[entry] = (byte) sizeLog2;
    vas[entry] = va;
    pasids[entry] = pasid;
    ends[entry] = end;
    sizes |= 1L << sizeLog2;
  }

  /** The entry for the page that holds {@code pa}; negative if none is remembered. */
  int find(long pa) {
    for (long left = sizes; left != 0; left &= left - 1) {
      int sizeLog2 = Long.numberOfTrailingZeros(left);
      int entry = entry(pa >>> sizeLog2);
      if (pages[entry] == pa >>> sizeLog2 && sizesLog2[entry] == sizeLog2) {
        return entry;
      }
    }
    return -1;
  }

  int pasid(int entry) {
    return pasids[entry];
  }

  /** What ended the remembered grant. */
  GrantEnd end(int entry) {
    return ends[entry];
  }

  /** Untranslated address of {@code pa} through the remembered grant. */
  long address(int entry, long pa) {
    return vas[entry] | (pa & ((1L << sizesLog2[entry]) - 1));
  }

  private static int entry(long page) {
    return (int) ((page * 0x9E3779B97F4A7C15L) >>> 52) & (ENTRIES - 1);
  }
}
