package org.smmulator.guest.mm;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.counter.Tally;
import org.smmulator.guest.sched.SpinLock;

/**
 * Resolves page faults of one address space, whoever had them: demand-zero pages, the access flag
 * (nobody but the kernel sets it), and copy-on-write. Under the mmap lock, which it shares with
 * everything that unmaps; a page-table entry that permits writing names a frame with one reference.
 */
final class FaultHandler {
  private final FrameAllocator frames;
  private final PageTable table;
  private final SpinLock pageTableLock;
  private final CpuAccesses cpus;
  private final NotifierSubscriptions notifiers;
  private final Tally<MmCounter> counters;

  FaultHandler(
      AddressSpaces kernel,
      PageTable table,
      SpinLock pageTableLock,
      CpuAccesses cpus,
      NotifierSubscriptions notifiers) {
    this.frames = kernel.frames();
    this.counters = kernel.counters();
    this.table = table;
    this.pageTableLock = pageTableLock;
    this.cpus = cpus;
    this.notifiers = notifiers;
  }

  /** The page's mapping permits the access; makes the page table permit it. */
  void resolve(long page, Prot prot, boolean write) {
    long slot = table.allocateSlot(page);
    long pte = table.load(slot);
    if (!Pte.isPresent(pte)) {
      mapZeroedFrame(slot, prot);
    } else if (write && Pte.isReadOnly(pte)) {
      breakCopyOnWrite(page, slot, prot);
    } else {
      setAccessFlag(slot);
    }
  }

  private void mapZeroedFrame(long slot, Prot prot) {
    long pa = frames.allocate();
    pageTableLock.lock();
    try {
      table.install(slot, Pte.page(pa, prot, prot.write()));
    } finally {
      pageTableLock.unlock();
    }
  }

  private void setAccessFlag(long slot) {
    pageTableLock.lock();
    try {
      table.change(slot, Descriptor.AF, 0);
    } finally {
      pageTableLock.unlock();
    }
  }

  private void breakCopyOnWrite(long page, long slot, Prot prot) {
    long old = Descriptor.address(table.load(slot));
    if (frames.references(old) == 1) {
      // Only a fork of this address space could add a sharer, and it needs the mmap lock.
      permitWriting(page, slot);
      return;
    }
    long copy = frames.allocate();
    frames.memory().copyFrame(old, copy);
    pageTableLock.lock();
    try {
      table.clear(slot);
      cpus.flush();
      notifiers.changePte(page);
      table.install(slot, Pte.page(copy, prot, true));
    } finally {
      pageTableLock.unlock();
    }
    if (!notifiers.areFramesRetained()) {
      frames.put(old);
    }
    counters.count(MmCounter.COPY_ON_WRITE_BREAKS);
  }

  /** An upgrade is flushed: TLB and ATC entries may remember that writing was refused. */
  private void permitWriting(long page, long slot) {
    pageTableLock.lock();
    try {
      table.change(slot, Descriptor.AF, Descriptor.AP_READ_ONLY);
    } finally {
      pageTableLock.unlock();
    }
    cpus.flush();
    notifiers.invalidateRange(page, page + Descriptor.PAGE_BYTES);
  }
}
