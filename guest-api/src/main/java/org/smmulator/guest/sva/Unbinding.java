package org.smmulator.guest.sva;

import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Task;

/**
 * A device driver gives PASIDs up. Against the death of the process the first to claim a bond
 * detaches it and the other waits: when an unbind returns, no mm_exit runs for that bond and none
 * will.
 */
final class Unbinding {
  private final SvaTables tables;
  private final IoMms ioMms;
  private final BondAttachment attachment;

  Unbinding(SvaTables tables, IoMms ioMms, BondAttachment attachment) {
    this.tables = tables;
    this.ioMms = ioMms;
    this.attachment = attachment;
  }

  /** Takes back one bind of the PASID, if it names {@code mm}; null for whichever it names. */
  void unbind(SvaDevice device, int pasid, @Nullable AddressSpace mm) throws IommuException {
    refuseInMmExit(device, pasid);
    attachment.flushFaults(device);
    Bond bond;
    BondState found;
    boolean last = false;
    tables.lock().lock();
    try {
      bond = findLocked(device, pasid, mm);
      found = bond.stateLocked();
      if (found == BondState.LIVE) {
        last = bond.unbindLocked();
      }
    } finally {
      tables.lock().unlock();
    }
    switch (found) {
      case LIVE -> {
        if (last) {
          detach(bond);
        }
      }
      case EXITING, EXITED -> awaitGone(bond);
      case ATTACHING -> throw notBound(device, pasid);
      case DETACHING, DETACHED -> {
        awaitGone(bond);
        throw notBound(device, pasid);
      }
    }
    tables.counters().count(SvaCounter.UNBINDS);
  }

  private static Bond findLocked(SvaDevice device, int pasid, @Nullable AddressSpace mm)
      throws IommuException {
    Bond bond = device.bondLocked(pasid);
    if (bond == null) {
      bond = device.overdueLocked(pasid);
    }
    if (bond == null || (mm != null && bond.ioMm().mm() != mm)) {
      throw notBound(device, pasid);
    }
    return bond;
  }

  private static IommuException notBound(SvaDevice device, int pasid) {
    return new IommuException(Errno.ESRCH, "%s: PASID %d is not bound".formatted(device, pasid));
  }

  private void refuseInMmExit(SvaDevice device, int pasid) throws IommuException {
    Task me = tables.sched().current();
    tables.lock().lock();
    try {
      for (Bond bond : device.bondsLocked()) {
        if (bond.pasid() == pasid && bond.isMmExitLocked(me)) {
          throw new IommuException(
              Errno.EDEADLK, device + ": PASID " + pasid + " is unbound in its own mm_exit");
        }
      }
    } finally {
      tables.lock().unlock();
    }
  }

  void unbindAll(SvaDevice device) {
    assertNotInMmExit(device);
    attachment.flushFaults(device);
    while (true) {
      tables.awaitUnderLock(
          () -> device.bondsLocked().isEmpty() || device.anyLocked(BondState.LIVE) != null);
      Bond bond = claim(device);
      if (bond != null) {
        detach(bond);
      } else if (hasNoBond(device)) {
        return;
      }
    }
  }

  private @Nullable Bond claim(SvaDevice device) {
    tables.lock().lock();
    try {
      Bond bond = device.anyLocked(BondState.LIVE);
      if (bond != null) {
        tables.counters().add(SvaCounter.UNBINDS, bond.unbindAllLocked());
      }
      return bond;
    } finally {
      tables.lock().unlock();
    }
  }

  private boolean hasNoBond(SvaDevice device) {
    tables.lock().lock();
    try {
      return device.bondsLocked().isEmpty();
    } finally {
      tables.lock().unlock();
    }
  }

  /** Whoever is inside an mm_exit of the device cannot wait for its end. */
  void assertNotInMmExit(SvaDevice device) {
    Task me = tables.sched().current();
    tables.lock().lock();
    try {
      for (Bond bond : device.bondsLocked()) {
        if (bond.isMmExitLocked(me)) {
          throw new IllegalStateException(bond + " is unbound in its own mm_exit");
        }
      }
    } finally {
      tables.lock().unlock();
    }
  }

  private void awaitGone(Bond bond) {
    tables.awaitUnderLock(() -> !bond.device().bondsLocked().contains(bond));
  }

  private void detach(Bond bond) {
    attachment.detachUnbound(bond);
    ioMms.put(bond.ioMm());
  }
}
