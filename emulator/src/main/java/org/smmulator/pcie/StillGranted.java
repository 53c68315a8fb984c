package org.smmulator.pcie;

import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.Violation;

/** Lists the frames that a lost invalidation leaves granted: some by address, all by number. */
final class StillGranted implements FunctionGrants.GrantVisitor {
  private static final int LISTED = 4;

  private final StringBuilder frames = new StringBuilder();
  private long first = Violation.NONE;
  private int count;

  @Override
  public void grant(int pasid, long va, long pa, int sizeLog2) {
    if (count == 0) {
      first = pa;
    }
    if (count++ < LISTED) {
      frames.append(count == 1 ? "" : ", ").append("0x").append(Long.toHexString(pa));
    }
  }

  /** The first frame, or {@link Violation#NONE}. */
  long first() {
    return first;
  }

  @Override
  public String toString() {
    if (count == 0) {
      return "nothing";
    }
    return count > LISTED ? frames + " and " + (count - LISTED) + " more" : frames.toString();
  }
}
