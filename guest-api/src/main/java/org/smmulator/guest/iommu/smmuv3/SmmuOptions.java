package org.smmulator.guest.iommu.smmuv3;

import java.util.Set;
import org.smmulator.guest.iommu.SvaBug;

/**
 * How the driver uses an SMMU.
 *
 * @param commandQueueLog2 wished entries of the command queue, at most; likewise the other two
 * @param tlbiPages invalidations of at least so many 4 KiB pages drop the whole ASID
 * @param pageRequestsPerDevice page requests that one device may have outstanding, at most
 * @param devices devices with page requests that may be attached at the same time; a queue that
 *     holds as many requests has one for each
 * @param commandTimeoutNanos patience with the command queue; longer than any ATC invalidation
 *     time-out times the queue's users
 * @param bugs planted ones
 */
public record SmmuOptions(
    int commandQueueLog2,
    int eventQueueLog2,
    int priQueueLog2,
    int tlbiPages,
    int pageRequestsPerDevice,
    int devices,
    long commandTimeoutNanos,
    Set<SvaBug> bugs) {
  private static final int REQUESTS_OF_EACH = 4;

  public SmmuOptions {
    bugs = Set.copyOf(bugs);
  }

  public static SmmuOptions defaults() {
    return new SmmuOptions(8, 8, 9, 512, 32, 31, 300_000_000_000L, Set.of());
  }

  /** The PRI queue is long enough for some page requests of each. */
  public SmmuOptions withDevices(int number) {
    int neededLog2 = Integer.SIZE - Integer.numberOfLeadingZeros(REQUESTS_OF_EACH * number - 1);
    return new SmmuOptions(
        commandQueueLog2,
        eventQueueLog2,
        Math.max(priQueueLog2, neededLog2),
        tlbiPages,
        pageRequestsPerDevice,
        number,
        commandTimeoutNanos,
        bugs);
  }

  public SmmuOptions withBugs(Set<SvaBug> planted) {
    return new SmmuOptions(
        commandQueueLog2,
        eventQueueLog2,
        priQueueLog2,
        tlbiPages,
        pageRequestsPerDevice,
        devices,
        commandTimeoutNanos,
        planted);
  }
}
