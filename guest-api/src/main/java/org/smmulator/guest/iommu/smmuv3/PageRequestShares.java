package org.smmulator.guest.iommu.smmuv3;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Divides the PRI queue among devices: what all of them may have outstanding fits into it, so that
 * it never overflows. An allocation cannot change while its device uses it, so each device gets one
 * request, one is kept for each device that may still come, and half of the rest is the device's
 * own. Any task may call it.
 */
final class PageRequestShares {
  private record Shares(int left, int devicesToCome) {
    int of(int wanted) {
      int spare = Math.max(0, left - Math.max(1, devicesToCome));
      int share = devicesToCome <= 1 ? 1 + spare : 1 + (spare + 1) / 2;
      return Math.min(wanted, Math.min(left, share));
    }

    Shares take(int wanted) {
      int share = of(wanted);
      return share == 0 ? this : new Shares(left - share, devicesToCome - 1);
    }
  }

  private final int all;
  private final AtomicReference<Shares> shares;

  /**
   * Nobody has a share yet.
   *
   * @param all requests that the queue holds
   * @param devices devices that may be attached at the same time
   */
  PageRequestShares(int all, int devices) {
    this.all = all;
    this.shares = new AtomicReference<>(new Shares(all, devices));
  }

  /** The share of one more device; 0 if none is left, or none is wanted. */
  int take(int wanted) {
    return shares.getAndUpdate(now -> now.take(wanted)).of(wanted);
  }

  /** The device with that share is gone. */
  void giveBack(int share) {
    if (share > 0) {
      shares.getAndUpdate(now -> new Shares(now.left + share, now.devicesToCome + 1));
    }
  }

  int all() {
    return all;
  }
}
