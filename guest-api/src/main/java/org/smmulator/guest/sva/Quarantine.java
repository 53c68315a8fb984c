package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.sched.Guarded;

/**
 * PASIDs that devices may still use though they should not: a device driver did not say that its
 * device had stopped, or the device went on asking for pages. The CD stays quiet and the PASID out
 * of use until each of those devices was reset or detached.
 */
final class Quarantine {
  private static final class Entry {
    final int pasid;
    final IommuDomain domain;
    final boolean quiet;
    final Set<IommuDevice> devices;

    Entry(int pasid, IommuDomain domain, boolean quiet, Set<IommuDevice> devices) {
      this.pasid = pasid;
      this.domain = domain;
      this.quiet = quiet;
      this.devices = new HashSet<>(devices);
    }
  }

  private final SvaTables tables;

  @Guarded(by = "SvaTables.lock")
  private final List<Entry> entries = new ArrayList<>();

  Quarantine(SvaTables tables) {
    this.tables = tables;
  }

  /**
   * Holds a PASID for the devices of one domain.
   *
   * @param quiet whether the domain has a quiet CD for it
   */
  void addLocked(int pasid, IommuDomain domain, boolean quiet, Set<IommuDevice> devices) {
    tables.lock().assertHeld();
    entries.add(new Entry(pasid, domain, quiet, devices));
  }

  boolean holdsLocked(int pasid) {
    tables.lock().assertHeld();
    return entries.stream().anyMatch(entry -> entry.pasid == pasid);
  }

  /** The device was reset or detached: it uses no PASID any more. */
  void deviceGone(IommuDevice device) {
    for (Entry entry : takeDevice(device)) {
      if (entry.quiet && isReachable(entry.domain, device)) {
        tables.driver().clearQuiet(entry.domain, entry.pasid);
      }
      end(entry);
    }
  }

  /** Entries of which this was the last device; they stay in force until ended. */
  private List<Entry> takeDevice(IommuDevice device) {
    List<Entry> over = new ArrayList<>();
    tables.lock().lock();
    try {
      for (Entry entry : entries) {
        if (entry.devices.remove(device) && entry.devices.isEmpty()) {
          over.add(entry);
        }
      }
    } finally {
      tables.lock().unlock();
    }
    return over;
  }

  /** A domain whose last device was detached has gone with its tables. */
  private boolean isReachable(IommuDomain domain, IommuDevice device) {
    if (domain.equals(device.domain())) {
      return true;
    }
    tables.lock().lock();
    try {
      return tables.isInUseLocked(domain);
    } finally {
      tables.lock().unlock();
    }
  }

  private void end(Entry entry) {
    tables.lock().lock();
    try {
      entries.remove(entry);
      if (entry.quiet) {
        tables.pasidsLocked().unnamed(entry.pasid, PasidUse.QUIET_CD);
      }
      if (tables.pasidsLocked().isQuarantined(entry.pasid) && !holdsLocked(entry.pasid)) {
        tables.pasidsLocked().free(entry.pasid);
      }
    } finally {
      tables.lock().unlock();
    }
  }
}
