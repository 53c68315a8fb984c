package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.sched.Task;
import org.smmulator.record.EventKind;

/**
 * What happens to an io_mm when its process dies: the notifier's release. On return no device can
 * walk the page table, whatever the device drivers did; PASIDs of devices that did not say they had
 * stopped are in quarantine. Takes a time bounded by one deadline per device.
 */
final class NotifierRelease {
  private static final Logger log = LoggerFactory.getLogger(NotifierRelease.class);
  private static final int NO_ANSWER = Integer.MIN_VALUE;

  private final SvaTables tables;
  private final IoMms ioMms;
  private final BondAttachment attachment;
  private final Quarantine quarantine;
  private final long mmExitNanos;

  NotifierRelease(
      SvaTables tables,
      IoMms ioMms,
      BondAttachment attachment,
      Quarantine quarantine,
      long mmExitNanos) {
    this.tables = tables;
    this.ioMms = ioMms;
    this.attachment = attachment;
    this.quarantine = quarantine;
    this.mmExitNanos = mmExitNanos;
  }

  void release(IoMm ioMm) {
    if (tables.driver().isInside(tables.sched().current())) {
      throw new IllegalStateException(ioMm + ": the IOMMU's driver ended the process in a call");
    }
    if (!ioMm.references().getUnlessZero()) {
      // Never complete, or the last unbind is ending it: no bond is left.
      tables.tell(EventKind.IO_MM_RELEASED_IN_VAIN, ioMm);
      return;
    }
    Set<Bond> silent = new LinkedHashSet<>();
    List<Bond> told = tellDrivers(ioMm, silent);
    for (Bond bond : told) {
      if (!attachment.detachExited(bond)) {
        silent.add(bond);
      }
    }
    // Those who began to unbind before take their CDs away themselves.
    tables.awaitUnderLock(() -> ioMm.bondsLocked().length == 0);
    for (Bond bond : told) {
      if (!attachment.drain(bond)) {
        silent.add(bond);
      }
    }
    endQuiet(ioMm, told, silent);
    for (Bond bond : told) {
      attachment.settle(bond);
      ioMms.put(ioMm);
    }
    ioMms.put(ioMm);
  }

  /**
   * Calls mm_exit for each bond that nobody unbinds first. Devices are told before any of their CDs
   * becomes quiet.
   *
   * @param silent receives those whose device may go on
   */
  private List<Bond> tellDrivers(IoMm ioMm, Set<Bond> silent) {
    List<Bond> told = new ArrayList<>();
    // Looked up anew each time: while mm_exit ran, others may have been unbound.
    for (Bond bond = nextToTell(ioMm); bond != null; bond = nextToTell(ioMm)) {
      told.add(bond);
      if (!tellDriver(bond)) {
        silent.add(bond);
      }
    }
    return told;
  }

  private @Nullable Bond nextToTell(IoMm ioMm) {
    tables.lock().lock();
    try {
      Bond bond = ioMm.anyLocked(BondState.LIVE);
      if (bond != null) {
        bond.mmExitStartsLocked();
      }
      return bond;
    } finally {
      tables.lock().unlock();
    }
  }

  /** Whether the device driver said in time that the device has stopped. */
  private boolean tellDriver(Bond bond) {
    AtomicInteger answer = new AtomicInteger(NO_ANSWER);
    MmExitHandler handler = bond.device().mmExit();
    if (handler == null) {
      endMmExit(bond);
    } else {
      tables.counters().count(SvaCounter.MM_EXITS);
      long deadline = tables.sched().nanoTime() + mmExitNanos;
      tables.sched().spawn("mm_exit of " + bond, () -> callMmExit(bond, handler, answer));
      tables.awaitUnderLock(() -> !bond.mmExitRunsLocked(), deadline);
    }
    boolean stopped = answer.get() == 0;
    if (handler != null && !stopped) {
      tables.counters().count(SvaCounter.MM_EXIT_FAILURES);
    }
    tables.lock().lock();
    try {
      bond.becomeLocked(BondState.EXITED);
    } finally {
      tables.lock().unlock();
    }
    return stopped;
  }

  private void callMmExit(Bond bond, MmExitHandler handler, AtomicInteger answer) {
    Task me = tables.sched().current();
    tables.lock().lock();
    try {
      bond.mmExitRunsLocked(me);
    } finally {
      tables.lock().unlock();
    }
    long outer = tables.begins(EventKind.MM_EXIT_BEGINS, bond);
    String told = "failed";
    try {
      int code = handler.mmExit(bond.iommuDevice(), bond.pasid(), bond.drvdata());
      answer.set(code);
      told = code == 0 ? "stopped" : "answers " + code;
    } catch (RuntimeException | Error e) {
      tables.sched().throwIfEnding();
      log.error("{}: mm_exit failed", bond, e);
    } finally {
      tables.ends(EventKind.MM_EXIT_ENDS, outer, bond, told);
      endMmExit(bond);
    }
  }

  private void endMmExit(Bond bond) {
    tables.lock().lock();
    try {
      bond.mmExitEndsLocked();
      tables.changedLocked();
    } finally {
      tables.lock().unlock();
    }
  }

  /** Clears quiet CDs whose devices have all stopped, and quarantines the others. */
  private void endQuiet(IoMm ioMm, List<Bond> told, Set<Bond> silent) {
    Set<IommuDevice> leaking = new LinkedHashSet<>();
    for (IommuDomain domain : quietDomains(ioMm)) {
      Set<IommuDevice> devices = devicesOf(silent, domain);
      if (devices.isEmpty() && !tables.driver().clearQuiet(domain, ioMm.pasid())) {
        devices = devicesOf(told, domain);
      }
      endQuiet(ioMm, domain, devices);
      leaking.addAll(devices);
    }
    if (!leaking.isEmpty()) {
      tables.counters().count(SvaCounter.POSSIBLE_LEAKS);
      log.warn("possible leak of PASID {}: {} may still use it", ioMm.pasid(), leaking);
    }
  }

  private static Set<IommuDevice> devicesOf(Collection<Bond> bonds, IommuDomain domain) {
    Set<IommuDevice> devices = new LinkedHashSet<>();
    for (Bond bond : bonds) {
      if (bond.domain().equals(domain)) {
        devices.add(bond.iommuDevice());
      }
    }
    return devices;
  }

  private void endQuiet(IoMm ioMm, IommuDomain domain, Set<IommuDevice> leaking) {
    tables.lock().lock();
    try {
      if (leaking.isEmpty()) {
        tables.pasidsLocked().unnamed(ioMm.pasid(), PasidUse.CD);
      } else {
        quarantine.addLocked(ioMm.pasid(), domain, true, leaking, "did not say that it stopped");
      }
    } finally {
      tables.lock().unlock();
    }
  }

  private List<IommuDomain> quietDomains(IoMm ioMm) {
    tables.lock().lock();
    try {
      return new ArrayList<>(ioMm.quietLocked());
    } finally {
      tables.lock().unlock();
    }
  }
}
