package org.smmulator.pcie;

import java.util.Arrays;

/**
 * Page requests of one function that are not answered yet, by page request group: each takes a
 * credit of its allocation until its group has a response (PCIe 10.4).
 */
final class PageRequestCredits {
  private final int[] byGroup = new int[512];
  private long outstanding;

  /** One request more; how many are outstanding now. */
  long take(int group) {
    byGroup[group]++;
    return ++outstanding;
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
