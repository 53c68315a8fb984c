package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.EventKind;

/**
 * PASIDs that devices may still use though they should not: a device driver did not say that its
 * device had stopped, the device went on asking for pages, or the IOMMU's driver failed. The CD
 * stays as it is and the PASID out of use until each of those devices was reset or detached; in a
 * blocked domain, of whose CDs nobody knows what became, until the domain is gone.
 */
final class Quarantine {
  private static final class Entry {
    final int pasid;
    final IommuDomain domain;
    final boolean cd;
    final String why;
    final Set<IommuDevice> devices;

    Entry(int pasid, IommuDomain domain, boolean cd, Set<IommuDevice> devices, String why) {
      this.pasid = pasid;
      this.domain = domain;
      this.cd = cd;
      this.devices = new LinkedHashSet<>(devices);
      this.why = why;
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
   * @param cd whether the domain has, or may have, a CD for it
   * @param why half a sentence for people
   */
  void addLocked(int pasid, IommuDomain domain, boolean cd, Set<IommuDevice> devices, String why) {
    tables.lock().assertHeld();
    entries.add(new Entry(pasid, domain, cd, devices, why));
    Sched sched = tables.sched();
    if (sched.records(EventKind.PASID_HELD)) {
      for (IommuDevice device : devices) {
        int name = sched.name(device.name());
        sched.record(EventKind.PASID_HELD, pasid, name, sched.name(why), 0);
      }
    }
  }

  /** What is held, for people. */
  List<PasidStatus> statusLocked() {
    tables.lock().assertHeld();
    List<PasidStatus> held = new ArrayList<>();
    for (Entry entry : entries) {
      Map<String, String> devices = new LinkedHashMap<>();
      entry.devices.forEach(device -> devices.put(device.name(), "held"));
      held.add(new PasidStatus(entry.pasid, null, 0, devices, entry.why));
    }
    return held;
  }

  boolean holdsLocked(int pasid) {
    tables.lock().assertHeld();
    return entries.stream().anyMatch(entry -> entry.pasid == pasid);
  }

  /** The device was reset or detached: it uses no PASID any more. */
  void deviceGone(IommuDevice device) {
    for (Entry entry : takeDevice(device)) {
      if (!entry.cd
          || !isReachable(entry.domain, device)
          || tables.driver().clearQuiet(entry.domain, entry.pasid)) {
        end(entry);
      } else {
        putBack(entry, device);
      }
    }
    for (IommuDomain domain : tables.driver().blocked()) {
      if (!isReachable(domain, device)) {
        tables.driver().forget(domain);
      }
    }
  }

  /** Entries of which this was the last device; they stay in force until ended. */
  private List<Entry> takeDevice(IommuDevice device) {
    List<Entry> over = new ArrayList<>();
    tables.lock().lock();
    try {
      for (Entry entry : entries) {
        if (isOverLocked(entry, device)) {
          over.add(entry);
        }
      }
    } finally {
      tables.lock().unlock();
    }
    return over;
  }

  private boolean isOverLocked(Entry entry, IommuDevice gone) {
    if (entry.cd && tables.driver().isBlocked(entry.domain)) {
      return !isReachableLocked(entry.domain, gone);
    }
    return entry.devices.remove(gone) && entry.devices.isEmpty();
  }

  private void putBack(Entry entry, IommuDevice device) {
    tables.lock().lock();
    try {
      entry.devices.add(device);
    } finally {
      tables.lock().unlock();
    }
  }

  private boolean isReachable(IommuDomain domain, IommuDevice device) {
    tables.lock().lock();
    try {
      return isReachableLocked(domain, device);
    } finally {
      tables.lock().unlock();
    }
  }

  /** A domain whose last device was detached has gone with its tables. */
  private boolean isReachableLocked(IommuDomain domain, IommuDevice device) {
    return domain.equals(device.domain()) || tables.isInUseLocked(domain);
  }

  private void end(Entry entry) {
    tables.lock().lock();
    try {
      if (!entries.remove(entry)) {
        return; // Another task has ended it.
      }
      if (entry.cd) {
        tables.pasidsLocked().unnamed(entry.pasid, PasidUse.CD);
      }
      if (tables.pasidsLocked().isQuarantined(entry.pasid) && !holdsLocked(entry.pasid)) {
        tables.pasidsLocked().free(entry.pasid);
        tables.tell(EventKind.PASID_FREED, entry.pasid);
      }
    } finally {
      tables.lock().unlock();
    }
  }
}
