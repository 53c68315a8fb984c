package org.smmulator.guest.sva;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.DetachMode;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.record.EventKind;

/**
 * Lets devices reach address spaces and takes that away again: bonds, their CDs, and the page
 * requests that outlive a CD. A bond is listed before its CD is installed and until its caches are
 * clean, so every invalidation either reaches the device or comes before its first walk. Whatever
 * the IOMMU's driver does, a change that was begun is ended.
 */
final class BondAttachment {
  private static final Logger log = LoggerFactory.getLogger(BondAttachment.class);

  /** A device that has stopped needs one round; one that goes on asking is not waited for. */
  private static final int DRAIN_ROUNDS = 3;

  private final SvaTables tables;
  private final Quarantine quarantine;

  BondAttachment(SvaTables tables, Quarantine quarantine) {
    this.tables = tables;
    this.quarantine = quarantine;
  }

  /**
   * Makes an address space reachable for a device, or counts one more bind if it is.
   *
   * @return whether a bond was made, which keeps the caller's reference of the io_mm
   */
  boolean attach(SvaDevice device, IoMm ioMm, @Nullable Object drvdata) throws IommuException {
    if (ioMm.pasid() < device.minPasid() || ioMm.pasid() > device.maxPasid()) {
      throw new IommuException(
          Errno.ERANGE,
          "%s: the address space has PASID %d, the device takes %d to %d"
              .formatted(device, ioMm.pasid(), device.minPasid(), device.maxPasid()));
    }
    Bond bond = list(device, ioMm, drvdata);
    if (bond == null) {
      return false;
    }
    try {
      tables.driver().attach(bond, isFirstOfDomain(bond));
    } catch (IommuException e) {
      // The driver may have come as far as a live CD.
      finish(bond, takeAway(bond, unbindMode(bond)));
      throw e;
    }
    tables.lock().lock();
    try {
      bond.becomeLocked(BondState.LIVE);
      endChangeLocked(ioMm);
    } finally {
      tables.lock().unlock();
    }
    return true;
  }

  /** A new bond, its io_mm changing; null if a live one took the bind. */
  private @Nullable Bond list(SvaDevice device, IoMm ioMm, @Nullable Object drvdata)
      throws IommuException {
    while (true) {
      tables.lock().lock();
      try {
        if (device.isClosingLocked()) {
          throw new IommuException(Errno.EINVAL, device + ": SVA is being shut down");
        }
        Bond existing = device.bondLocked(ioMm.pasid());
        if (existing != null && existing.stateLocked() == BondState.LIVE) {
          existing.bindAgainLocked();
          return null;
        }
        if (existing == null && tryBeginChangeLocked(ioMm)) {
          return listLocked(new Bond(ioMm, device, device.domain(), drvdata));
        }
      } finally {
        tables.lock().unlock();
      }
      tables.awaitUnderLock(() -> device.isClosingLocked() || isReadyLocked(device, ioMm));
    }
  }

  /** Whether a bind has neither an attach nor a detach to wait for. */
  private static boolean isReadyLocked(SvaDevice device, IoMm ioMm) {
    Bond existing = device.bondLocked(ioMm.pasid());
    return existing == null ? !ioMm.isChangingLocked() : existing.stateLocked() == BondState.LIVE;
  }

  private Bond listLocked(Bond bond) {
    bond.ioMm().listLocked(bond);
    bond.device().bondsLocked().add(bond);
    tables.pasidsLocked().named(bond.pasid(), PasidUse.BOND);
    return bond;
  }

  private boolean isFirstOfDomain(Bond bond) {
    tables.lock().lock();
    try {
      return !bond.ioMm().sharesDomainLocked(bond);
    } finally {
      tables.lock().unlock();
    }
  }

  /** Ends a bond that an explicit unbind gives up; the device has stopped using the PASID. */
  void detachUnbound(Bond bond) {
    awaitChange(bond);
    finish(bond, takeAway(bond, unbindMode(bond)));
  }

  /**
   * Makes the CD of a dead process quiet, so that a device that goes on leaves no events.
   *
   * @return whether the driver did so; {@link #settle} is left to do either way
   */
  boolean detachExited(Bond bond) {
    awaitChange(bond);
    return takeAway(bond, exitMode(bond));
  }

  private void awaitChange(Bond bond) {
    tables.awaitUnderLock(() -> tryBeginChangeLocked(bond.ioMm()));
  }

  private DetachMode unbindMode(Bond bond) {
    tables.lock().lock();
    try {
      boolean used = bond.ioMm().sharesDomainLocked(bond);
      boolean quiet = bond.ioMm().quietLocked().contains(bond.domain());
      return used || quiet ? DetachMode.KEEP_CD : DetachMode.CLEAR;
    } finally {
      tables.lock().unlock();
    }
  }

  private DetachMode exitMode(Bond bond) {
    tables.lock().lock();
    try {
      return exitModeLocked(bond);
    } finally {
      tables.lock().unlock();
    }
  }

  /**
   * The first device of a domain makes its CD quiet: the others cannot refill their caches from it
   * before theirs are emptied.
   */
  private DetachMode exitModeLocked(Bond bond) {
    bond.becomeLocked(BondState.DETACHING);
    if (!bond.ioMm().quietLocked().add(bond.domain())) {
      return DetachMode.KEEP_CD;
    }
    tables.pasidsLocked().named(bond.pasid(), PasidUse.CD);
    return DetachMode.QUIET;
  }

  /**
   * Ends what the device can reach through a bond whose io_mm this task is changing.
   *
   * @return whether the driver did so; else the domain is blocked, and what became of the CD
   *     unknown
   */
  private boolean takeAway(Bond bond, DetachMode mode) {
    boolean detached = tables.driver().detach(bond, mode);
    tables.lock().lock();
    try {
      bond.becomeLocked(BondState.DETACHED);
      bond.ioMm().unlistLocked(bond);
      tables.pasidsLocked().unnamed(bond.pasid(), PasidUse.BOND);
      endChangeLocked(bond.ioMm());
    } finally {
      tables.lock().unlock();
    }
    // From here on no invalidation names the device because of this bond.
    tables.bondReaders().synchronize();
    return detached;
  }

  /** Ends what is left of a bond that was taken away while its process lives. */
  private void finish(Bond bond, boolean detached) {
    boolean drained = drain(bond);
    if (!detached) {
      keepOutOfUse(bond, true, "was not detached by the IOMMU's driver");
    } else if (!drained) {
      keepOutOfUse(bond, false, "asks for pages after its unbind");
    }
    settle(bond);
  }

  private void keepOutOfUse(Bond bond, boolean cd, String reason) {
    tables.lock().lock();
    try {
      if (cd) {
        tables.pasidsLocked().named(bond.pasid(), PasidUse.CD);
      }
      quarantine.addLocked(bond.pasid(), bond.domain(), cd, Set.of(bond.iommuDevice()), reason);
    } finally {
      tables.lock().unlock();
    }
    tables.counters().count(SvaCounter.POSSIBLE_LEAKS);
    log.warn("possible leak of PASID {}: {} {}", bond.pasid(), bond.iommuDevice(), reason);
  }

  /** The device may forget the bond. */
  void settle(Bond bond) {
    tables.lock().lock();
    try {
      bond.settleLocked();
      tables.changedLocked();
    } finally {
      tables.lock().unlock();
    }
  }

  private boolean tryBeginChangeLocked(IoMm ioMm) {
    if (ioMm.isChangingLocked()) {
      return false;
    }
    ioMm.setChangingLocked(true);
    return true;
  }

  private void endChangeLocked(IoMm ioMm) {
    ioMm.setChangingLocked(false);
    tables.changedLocked();
  }

  /** Waits until every page request that the device has sent so far is answered. */
  void flushFaults(SvaDevice device) {
    tables.driver().flushPageRequests(device.iommuDevice());
    FaultQueue faults = device.faults();
    if (faults != null) {
      faults.flush();
    }
  }

  /**
   * Gets rid of what may still name the PASID of a detached bond: page requests in the hardware's
   * queue, being handled, or waiting for the last of their group.
   *
   * @return whether nothing is left
   */
  boolean drain(Bond bond) {
    long outer = tables.begins(EventKind.DRAIN_BEGINS, bond);
    boolean drained = false;
    try {
      drained = isDrained(bond);
      return drained;
    } finally {
      tables.ends(EventKind.DRAIN_ENDS, outer, bond, drained ? "none left" : "goes on asking");
    }
  }

  private boolean isDrained(Bond bond) {
    for (int round = 0; round < DRAIN_ROUNDS; round++) {
      flushFaults(bond.device());
      discardPartials(bond);
      if (!tables.driver().mayHavePageRequests(bond.iommuDevice(), bond.pasid())) {
        return true;
      }
    }
    return false;
  }

  private void discardPartials(Bond bond) {
    FaultQueue faults = bond.device().faults();
    if (faults == null) {
      return;
    }
    tables.lock().lock();
    try {
      faults.discardPartialsLocked(bond);
    } finally {
      tables.lock().unlock();
    }
  }
}
