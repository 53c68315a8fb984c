package org.smmulator.guest.sva;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.OutOfMemory;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.TaskKilled;
import org.smmulator.record.EventKind;

/**
 * Makes, finds and frees io_mms. While one is made its address space is claimed, so that of two
 * first binds one makes it and the other waits. Publication does not rest on the claim: an io_mm
 * enters the tables complete, in the step that writes its first reference, and only if no other of
 * its address space can be grabbed; whoever finds it grabs it by its reference count or not at all.
 */
final class IoMms {
  private final SvaTables tables;
  private final Quarantine quarantine;

  /** Address spaces whose io_mm is being made. */
  @Guarded(by = "SvaTables.lock")
  private final Set<AddressSpace> claimed = new HashSet<>();

  IoMms(SvaTables tables, Quarantine quarantine) {
    this.tables = tables;
    this.quarantine = quarantine;
  }

  /**
   * The one io_mm of an address space, with a reference for the caller, who is a user of the
   * address space.
   *
   * @param onRelease told when the address space of a new one is torn down
   */
  IoMm getOrMake(SvaDevice device, AddressSpace mm, Consumer<IoMm> onRelease)
      throws IommuException {
    IoMm existing = getOrClaim(mm);
    if (existing != null) {
      return existing;
    }
    try {
      return make(device, mm, onRelease);
    } finally {
      endClaim(mm);
    }
  }

  /** What there is; null if the caller has to make one, and nobody else may. */
  private @Nullable IoMm getOrClaim(AddressSpace mm) {
    while (true) {
      tables.lock().lock();
      try {
        IoMm listed = grabLocked(tables.ioMmsLocked().get(mm));
        if (listed != null || claimed.add(mm)) {
          return listed;
        }
      } finally {
        tables.lock().unlock();
      }
      tables.awaitUnderLock(() -> !claimed.contains(mm));
    }
  }

  private static @Nullable IoMm grabLocked(@Nullable IoMm listed) {
    return listed != null && listed.references().getUnlessZero() ? listed : null;
  }

  private void endClaim(AddressSpace mm) {
    tables.lock().lock();
    try {
      claimed.remove(mm);
      tables.changedLocked();
    } finally {
      tables.lock().unlock();
    }
  }

  /**
   * The address space that a PASID names, with the caller as one more user; null if there is none
   * or it is dying.
   */
  @Nullable AddressSpace find(int pasid) {
    IoMm ioMm;
    tables.lock().lock();
    try {
      ioMm = grabLocked(tables.ioMmsByPasidLocked().get(pasid));
    } finally {
      tables.lock().unlock();
    }
    if (ioMm == null) {
      return null;
    }
    AddressSpace mm = ioMm.mm();
    boolean alive = mm.getUserNotZero();
    put(ioMm);
    return alive ? mm : null;
  }

  private IoMm make(SvaDevice device, AddressSpace mm, Consumer<IoMm> onRelease)
      throws IommuException {
    MmContext context = tables.driver().alloc(device, mm);
    int pasid = allocatePasid(device);
    if (pasid < 0) {
      tables.driver().free(mm, context);
      throw new IommuException(
          Errno.ENOSPC,
          "%s: PASIDs %d to %d are all in use"
              .formatted(device, device.minPasid(), device.maxPasid()));
    }
    IoMm ioMm = new IoMm(tables, mm, context, pasid, onRelease);
    mm.grab();
    boolean made = false;
    try {
      mm.registerNotifier(ioMm);
      made = true;
    } catch (OutOfMemory e) {
      throw new IommuException(Errno.ENOMEM, mm + ": no memory for a notifier", e);
    } catch (TaskKilled e) {
      throw new IommuException(Errno.EINTR, mm + ": no notifier; " + e.getMessage(), e);
    } finally {
      if (!made) {
        unmake(ioMm);
      }
    }
    publish(ioMm);
    return ioMm;
  }

  private int allocatePasid(SvaDevice device) {
    tables.lock().lock();
    try {
      return tables.pasidsLocked().allocate(device.minPasid(), device.maxPasid());
    } finally {
      tables.lock().unlock();
    }
  }

  /** It never had a reference, so nobody else can hold it and no grace period is needed. */
  private void unmake(IoMm ioMm) {
    tables.lock().lock();
    try {
      tables.pasidsLocked().free(ioMm.pasid());
    } finally {
      tables.lock().unlock();
    }
    free(ioMm);
  }

  private void publish(IoMm ioMm) {
    tables.lock().lock();
    try {
      IoMm older = tables.ioMmsLocked().put(ioMm.mm(), ioMm);
      if (older != null && older.references().get() > 0) {
        throw new IllegalStateException(older + " is in use, and so would be " + ioMm);
      }
      tables.ioMmsByPasidLocked().put(ioMm.pasid(), ioMm);
      ioMm.references().init();
    } finally {
      tables.lock().unlock();
    }
    tables.counters().count(SvaCounter.IO_MMS);
  }

  /** Drops a reference. The last one frees the io_mm when no callback runs in it any more. */
  void put(IoMm ioMm) {
    if (!ioMm.references().put()) {
      return;
    }
    tables.tell(EventKind.IO_MM_UNREFERENCED, ioMm);
    unlist(ioMm);
    ioMm.mm().unregisterNotifierNoRelease(ioMm);
    if (tables.has(SvaBug.NO_GRACE_PERIOD)) {
      end(ioMm);
    } else {
      ioMm.mm().callAfterGrace(() -> end(ioMm));
    }
  }

  private void end(IoMm ioMm) {
    free(ioMm);
    tables.counters().add(SvaCounter.IO_MMS, -1);
  }

  private void unlist(IoMm ioMm) {
    tables.lock().lock();
    try {
      if (ioMm.bondsLocked().length != 0) {
        throw new IllegalStateException(ioMm + " lost its last reference with bonds left");
      }
      // A newer one of the same address space may have taken its place.
      tables.ioMmsLocked().remove(ioMm.mm(), ioMm);
      tables.ioMmsByPasidLocked().remove(ioMm.pasid(), ioMm);
      if (quarantine.holdsLocked(ioMm.pasid()) && !tables.has(SvaBug.PASID_FREED_EARLY)) {
        tables.pasidsLocked().quarantine(ioMm.pasid());
        tables.tell(EventKind.PASID_QUARANTINED, ioMm.pasid());
      } else {
        tables.pasidsLocked().free(ioMm.pasid());
        tables.tell(EventKind.PASID_FREED, ioMm.pasid());
      }
    } finally {
      tables.lock().unlock();
    }
  }

  /** The driver's part needs the structure of the address space: dropped last. */
  private void free(IoMm ioMm) {
    ioMm.markFreed();
    if (ioMm.mm().areFramesRetained()) {
      return; // A CD that nobody could take away may still name the context.
    }
    tables.driver().free(ioMm.mm(), ioMm.context());
    ioMm.mm().drop();
  }
}
