package org.smmulator.pcie.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What a function had been granted when it was reset or left. The function can use none of it any
 * more, but the frames count as granted until they are released here, some at a time.
 */
final class LeftGrants {
  private final String device;
  private final GrantTable table;
  private final @Nullable GrantLedger counting;
  private final RevokedGrants revoked;
  private int released;
  private long number;

  /**
   * The grants of a table that nobody else uses from now on.
   *
   * @param counting where the frames count as granted; null if they do not
   * @param revoked told of each grant
   */
  LeftGrants(
      String device, GrantTable table, @Nullable GrantLedger counting, RevokedGrants revoked) {
    this.device = device;
    this.table = table;
    this.counting = counting;
    this.revoked = revoked;
  }

  /** As the how manieth they left. */
  void number(long leaving) {
    number = leaving;
  }

  long number() {
    return number;
  }

  String device() {
    return device;
  }

  /** Releases some grants; whether that was all. */
  boolean release(int most) {
    int end = (int) Math.min(table.slots(), (long) released + most);
    for (; released < end; released++) {
      int sizeLog2 = table.sizeLog2[released];
      if (sizeLog2 != 0) {
        long pa = table.pa[released];
        revoked.remember(
            pa, sizeLog2, table.va[released], table.pasid[released], GrantEnd.Other.RESET);
        if (counting != null) {
          counting.release(pa, sizeLog2);
        }
      }
    }
    return released == table.slots();
  }

  /** Shows the grants that still reached a frame when it was freed. */
  void showFreed(long frame, int generation, FunctionGrants.GrantVisitor visitor) {
    if (counting != null) {
      table.visitFrame(frame, generation, slot -> table.show(slot, frame, visitor));
    }
  }
}
