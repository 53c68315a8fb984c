package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * The domain of one device: its own page table under context descriptor 0, and its PASID table. An
 * unmapped address is handed out again only after the invalidation that follows the unmapping.
 */
final class DefaultDomain implements IommuDomain {
  private static final long FIRST_IOVA = 0x1000_0000L;
  private static final long END_OF_IOVA = 1L << 40;
  private static final long PAGE_MASK = Descriptor.PAGE_BYTES - 1;

  private final Master master;
  private final int asid;
  private final DomainPageTable pages;
  private final ContextTable contexts;
  private final IotlbInvalidations invalidations;
  private final SpinLock lock;

  @Guarded(by = "lock")
  private final IovaAllocator iovas = new IovaAllocator(FIRST_IOVA, END_OF_IOVA);

  /** What the device may have outstanding; of the task that attaches and detaches it. */
  private int pageRequests;

  /** Page of the MSI doorbell, or 0. */
  @Guarded(by = "lock")
  private long doorbell;

  DefaultDomain(
      Sched sched,
      Master master,
      int asid,
      DomainPageTable pages,
      ContextTable contexts,
      IotlbInvalidations invalidations) {
    this.master = master;
    this.asid = asid;
    this.pages = pages;
    this.contexts = contexts;
    this.invalidations = invalidations;
    this.lock = sched.spinLock(LockOrder.DEFAULT_DOMAIN);
  }

  Master master() {
    return master;
  }

  int asid() {
    return asid;
  }

  DomainPageTable pages() {
    return pages;
  }

  ContextTable contexts() {
    return contexts;
  }

  int pageRequests() {
    return pageRequests;
  }

  void pageRequests(int allowed) {
    pageRequests = allowed;
  }

  @Override
  public long map(long pa, long bytes, DmaDirection direction) throws IommuException {
    if (bytes <= 0 || (pa & PAGE_MASK) != 0) {
      throw new IommuException(
          Errno.EINVAL, "cannot map 0x%x bytes at 0x%x: not pages of 4 KiB".formatted(bytes, pa));
    }
    long length = roundUp(bytes);
    lock.lock();
    try {
      return mapLocked(pa, length, direction);
    } finally {
      lock.unlock();
    }
  }

  private long mapLocked(long pa, long length, DmaDirection direction) throws IommuException {
    lock.assertHeld();
    Long iova = iovas.allocate(length);
    if (iova == null) {
      throw new IommuException(
          Errno.ENOSPC,
          "no 0x%x bytes of addresses are left in the domain of %s"
              .formatted(length, master.device()));
    }
    try {
      pages.prepare(iova, length);
    } catch (OutOfMemory none) {
      iovas.free(iova);
      throw IommuException.of(none);
    }
    for (long offset = 0; offset < length; offset += Descriptor.PAGE_BYTES) {
      pages.map(iova + offset, pa + offset, direction);
    }
    return iova;
  }

  @Override
  public void unmap(long iova, long bytes) {
    long length = roundUp(bytes);
    lock.lock();
    try {
      if (!iovas.isTaken(iova, length)) {
        throw new IllegalStateException(
            "0x%x bytes at iova 0x%x of %s are not a mapping"
                .formatted(bytes, iova, master.device()));
      }
      for (long offset = 0; offset < length; offset += Descriptor.PAGE_BYTES) {
        pages.unmap(iova + offset);
      }
    } finally {
      lock.unlock();
    }
    invalidations.domainRange(master, asid, iova, length);
    lock.lock();
    try {
      iovas.free(iova);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long mapMsiDoorbell() throws IommuException {
    lock.lock();
    try {
      if (doorbell == 0) {
        doorbell = mapLocked(MemoryMap.MSI_FRAME, Descriptor.PAGE_BYTES, DmaDirection.FROM_DEVICE);
      }
      return doorbell + (MemoryMap.MSI_SETSPI - MemoryMap.MSI_FRAME);
    } finally {
      lock.unlock();
    }
  }

  private static long roundUp(long bytes) {
    return (bytes + PAGE_MASK) & ~PAGE_MASK;
  }
}
