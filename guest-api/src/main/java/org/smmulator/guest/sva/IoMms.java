package org.smmulator.guest.sva;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.sched.Mutex;

/**
 * Makes, finds and frees io_mms. The bind mutex makes them one per address space: without it two
 * first binds would each find none.
 *
 * <p>Order of locks: bind mutex, mmap lock, page-table lock, sva lock. No device driver is called
 * under any of them, and none of this layer's is held while hardware is waited for.
 */
final class IoMms {
  private final SvaTables tables;
  private final Quarantine quarantine;
  private final Mutex bindMutex;

  IoMms(SvaTables tables, Quarantine quarantine) {
    this.tables = tables;
    this.quarantine = quarantine;
    this.bindMutex = tables.sched().mutex("bind");
  }

  /**
   * The one io_mm of an address space, with a reference for the caller, who is a user of the
   * address space.
   *
   * @param onRelease told when the address space of a new one is torn down
   */
  IoMm getOrMake(SvaDevice device, AddressSpace mm, Consumer<IoMm> onRelease)
      throws IommuException {
    bindMutex.lock();
    try {
      IoMm existing = get(mm);
      return existing != null ? existing : make(device, mm, onRelease);
    } finally {
      bindMutex.unlock();
    }
  }

  private @Nullable IoMm get(AddressSpace mm) {
    tables.lock().lock();
    try {
      IoMm listed = tables.ioMmsLocked().get(mm);
      return listed != null && listed.references().getUnlessZero() ? listed : null;
    } finally {
      tables.lock().unlock();
    }
  }

  private IoMm make(SvaDevice device, AddressSpace mm, Consumer<IoMm> onRelease)
      throws IommuException {
    MmContext context = tables.driver().mmAlloc(device.domain(), mm);
    mm.grab();
    IoMm ioMm = new IoMm(tables, mm, context, onRelease);
    boolean listed = false;
    boolean made = false;
    try {
      list(ioMm, device);
      listed = true;
      mm.registerNotifier(ioMm);
      made = true;
    } catch (OutOfMemory e) {
      throw new IommuException(Errno.ENOMEM, mm + ": no memory for a notifier");
    } finally {
      if (!made) {
        // It never had a reference, so nobody else can hold it and no grace period is needed.
        unmake(ioMm, listed);
      }
    }
    tables.counters().ioMmsMade.increment();
    ioMm.references().init();
    return ioMm;
  }

  private void list(IoMm ioMm, SvaDevice device) throws IommuException {
    tables.lock().lock();
    try {
      int pasid = tables.pasidsLocked().allocate(device.minPasid(), device.maxPasid());
      if (pasid < 0) {
        throw new IommuException(
            Errno.ENOSPC,
            "%s: PASIDs %d to %d are all in use"
                .formatted(device, device.minPasid(), device.maxPasid()));
      }
      ioMm.setPasid(pasid);
      tables.ioMmsLocked().put(ioMm.mm(), ioMm);
    } finally {
      tables.lock().unlock();
    }
  }

  private void unmake(IoMm ioMm, boolean listed) {
    if (listed) {
      unlist(ioMm);
    }
    free(ioMm);
  }

  /** Drops a reference. The last one frees the io_mm when no callback runs in it any more. */
  void put(IoMm ioMm) {
    if (!ioMm.references().put()) {
      return;
    }
    unlist(ioMm);
    ioMm.mm().unregisterNotifierNoRelease(ioMm);
    ioMm.mm()
        .callAfterGrace(
            () -> {
              free(ioMm);
              tables.counters().ioMmsFreed.increment();
            });
  }

  private void unlist(IoMm ioMm) {
    tables.lock().lock();
    try {
      if (ioMm.bondsLocked().length != 0) {
        throw new IllegalStateException(ioMm + " lost its last reference with bonds left");
      }
      // A newer one of the same address space may have taken its place.
      tables.ioMmsLocked().remove(ioMm.mm(), ioMm);
      if (quarantine.holdsLocked(ioMm.pasid())) {
        tables.pasidsLocked().quarantine(ioMm.pasid());
      } else {
        tables.pasidsLocked().free(ioMm.pasid());
      }
    } finally {
      tables.lock().unlock();
    }
  }

  /** The driver's part needs the structure of the address space: dropped last. */
  private void free(IoMm ioMm) {
    ioMm.markFreed();
    tables.driver().mmFree(ioMm.context());
    ioMm.mm().drop();
  }
}
