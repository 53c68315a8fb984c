package org.smmulator.pcie;

import java.util.Arrays;
import org.smmulator.bus.pcie.PriCapability;

/**
 * Page requests of one function that are not answered yet, by page request group: each takes a
 * credit of its allocation until its group has a response (PCIe 10.4).
 */
final class PageRequestCredits {
  private final int[] byGroup = new int[PriCapability.GROUPS];
  private long outstanding;

  /** Takes a credit for one request more; false if {@code allowed} are outstanding already. */
  boolean take(int group, long allowed) {
    if (outstanding >= allowed) {
      return false;
    }
    byGroup[group]++;
    outstanding++;
    return true;
  }

  long outstanding() {
    return outstanding;
  }

  /** The group has been answered. */
  void answered(int group) {
    outstanding -= byGroup[group];
    byGroup[group] = 0;
  }

  void reset() {
    Arrays.fill(byGroup, 0);
    outstanding = 0;
  }
}
