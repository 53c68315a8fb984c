package org.smmulator.guest.iommu.smmuv3;

import java.lang.invoke.VarHandle;
import java.util.List;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.SvaBug;

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

  /**
   * A range of a process's addresses, and tables that translated it, for all devices that use them:
   * the TLB holds it once, whoever uses it. Size 0 is everything.
   */
  void range(List<Master> masters, int asid, int pasid, long start, long size) {
    if (options.bugs().contains(SvaBug.RANGE_TOO_SHORT) && size > 0) {
      long shorter = size - Descriptor.PAGE_BYTES;
      if (shorter > 0) {
        inOrder(masters, asid, pasid, start, shorter);
      }
      return;
    }
    inOrder(masters, asid, pasid, start, size);
  }

  private void inOrder(List<Master> masters, int asid, int pasid, long start, long size) {
    if (options.bugs().contains(SvaBug.ATC_INV_BEFORE_TLBI)) {
      atcs(masters, pasid, AtcRange.covering(start, size));
      tlb(asid, start, size, false);
      return;
    }
    tlb(asid, start, size, false);
    atcs(masters, pasid, AtcRange.covering(start, size));
  }

  /** What a device holds of a PASID that it has no use of any more; the TLB has lost it. */
  void detached(Master master, int pasid, DetachMode mode) {
    boolean exit = mode == DetachMode.QUIET;
    if (!options.bugs().contains(exit ? SvaBug.EXIT_KEEPS_ATC : SvaBug.UNBIND_KEEPS_ATC)) {
      atc(master, pasid, AtcRange.ALL);
    }
  }

  /** A range of a domain's own addresses, whose tables stay. */
  void domainRange(Master master, int asid, long iova, long size) {
    tlb(asid, iova, size, true);
    atc(master, -1, AtcRange.covering(iova, size));
  }

  void asid(int asid) {
    queue.run(new CommandBatch().tlbiAsid(asid));
  }

  /** What the device holds of a PASID, or for -1 of every one. */
  void atc(Master master, int pasid, AtcRange range) {
    atcs(List.of(master), pasid, range);
  }

  /** What devices hold of a PASID. Those that do not answer are fenced on return, and only they. */
  private void atcs(List<Master> masters, int pasid, AtcRange range) {
    // The change of the tables must be visible before ATS counts as off: a device that enables it
    // meanwhile must walk the new tables.
    VarHandle.fullFence();
    List<Master> present = masters.stream().filter(master -> !master.isGone()).toList();
    if (!queue.runAtcInvalidations(present, pasid, range)) {
      for (Master master : present) {
        queue.runAtcInvalidations(List.of(master), pasid, range);
      }
    }
    masters.forEach(streams::finishFence);
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
