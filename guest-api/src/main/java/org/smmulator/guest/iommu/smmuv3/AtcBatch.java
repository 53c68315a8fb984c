package org.smmulator.guest.iommu.smmuv3;

import java.util.List;

/**
 * The devices whose ATC invalidations end with one SYNC, a command of each. A SYNC that fails does
 * not tell which of them did (IHI 0070 3.9.1.4): one alone is known to be at fault, of several each
 * has to be asked again.
 */
final class AtcBatch {
  private final List<Master> masters;
  private volatile boolean failed;

  AtcBatch(List<Master> masters) {
    this.masters = masters;
  }

  Master master(int command) {
    return masters.get(command);
  }

  boolean isOfOne() {
    return masters.size() == 1;
  }

  /** Whether an invalidation of the command's device may still be queued: it uses ATS. */
  boolean wants(int command) {
    return master(command).ats() == Master.Ats.ON;
  }

  boolean wantsAny() {
    return masters.stream().anyMatch(master -> master.ats() == Master.Ats.ON);
  }

  /** To be called before the error is acknowledged, after which whoever waits looks at it. */
  void fail() {
    failed = true;
  }

  boolean hasFailed() {
    return failed;
  }
}
