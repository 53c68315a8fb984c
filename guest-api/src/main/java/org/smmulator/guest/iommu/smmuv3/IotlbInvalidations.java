package org.smmulator.guest.iommu.smmuv3;

import java.lang.invoke.VarHandle;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * Drops translations from the SMMU's TLB and from devices' ATCs. The TLB comes first and is done
 * before the ATC is asked: a device may fetch a translation again at once, and would get the old
 * one out of the TLB (IHI 0070 3.9.1). Everything is complete on return; nothing sleeps.
 */
final class IotlbInvalidations {
  private final CommandQueue queue;
  private final Streams streams;
  private final SmmuOptions options;

  IotlbInvalidations(CommandQueue queue, Streams streams, SmmuOptions options) {
    this.queue = queue;
    this.streams = streams;
    this.options = options;
  }

  /** A range of a process's addresses, and tables that translated it; size 0 is everything. */
  void range(Master master, int asid, int pasid, long start, long size) {
    if (options.atcInvBeforeTlbi()) {
      atc(master, pasid, AtcRange.covering(start, size));
      tlb(asid, start, size, false);
      return;
    }
    tlb(asid, start, size, false);
    atc(master, pasid, AtcRange.covering(start, size));
  }

  /** A range of a domain's own addresses, whose tables stay. */
  void domainRange(Master master, int asid, long iova, long size) {
    tlb(asid, iova, size, true);
    atc(master, -1, AtcRange.covering(iova, size));
  }

  void asid(int asid) {
    queue.run(new CommandBatch().tlbiAsid(asid));
  }

  /**
   * What the device holds of a PASID, or for -1 of every one.
   *
   * <p>If the device does not answer, it is fenced on return: a failed batch names one device only,
   * so there is no need to search for the one at fault, and a second time-out is spared.
   */
  void atc(Master master, int pasid, AtcRange range) {
    // The change of the tables must be visible before ATS counts as off: a device that enables it
    // meanwhile must walk the new tables.
    VarHandle.fullFence();
    if (!master.isGone()) {
      queue.runAtcInvalidations(new CommandBatch().atcInv(master.streamId(), pasid, range), master);
    }
    streams.finishFence(master);
  }

  private void tlb(int asid, long start, long size, boolean leaf) {
    long first = start >>> Descriptor.PAGE_SHIFT;
    long pages = ((start + size - 1) >>> Descriptor.PAGE_SHIFT) - first + 1;
    if (size == 0 || pages >= options.tlbiPages()) {
      asid(asid);
      return;
    }
    CommandBatch batch = new CommandBatch();
    for (long page = first; page < first + pages; page++) {
      batch.tlbiVa(asid, page << Descriptor.PAGE_SHIFT, leaf);
    }
    queue.run(batch);
  }
}
