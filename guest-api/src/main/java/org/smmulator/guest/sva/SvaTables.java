package org.smmulator.guest.sva;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuDriver;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;
import org.smmulator.guest.sched.Srcu;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.record.EventKind;

/**
 * What the parts of the layer share: its tables, the sva lock over them, and the SRCU domain of
 * those who walk an io_mm's bonds. The sva lock is a leaf: nothing is taken, called or waited for
 * under it but the allocation of a PASID, the queueing of a page fault, and the recorder.
 */
final class SvaTables {
  private final Sched sched;
  private final Tally<SvaCounter> counters = new Tally<>(SvaCounter.class);
  private final Set<SvaBug> bugs;
  private final DriverCalls driver;
  private final SpinLock lock;
  private final Srcu bondReaders;
  private final WaitQueue changed;

  @Guarded(by = "lock")
  private final PasidAllocator pasids;

  /** May name an io_mm without references: on its way out. */
  @Guarded(by = "lock")
  private final Map<AddressSpace, IoMm> ioMms = new HashMap<>();

  /** The same io_mms. */
  @Guarded(by = "lock")
  private final Map<Integer, IoMm> ioMmsByPasid = new HashMap<>();

  /** In the order of their arrival: a walk must not depend on the addresses of objects. */
  @Guarded(by = "lock")
  private final Map<IommuDevice, SvaDevice> devices = new LinkedHashMap<>();

  SvaTables(Sched sched, IommuDriver driver, PasidPolicy policy, Set<SvaBug> bugs) {
    this.sched = sched;
    this.bugs = Set.copyOf(bugs);
    this.driver = new DriverCalls(sched, driver, counters);
    this.lock = sched.spinLock(LockOrder.SVA);
    this.bondReaders = sched.srcu(LockOrder.BOND_READERS);
    this.changed = sched.waitQueue("sva state");
    this.pasids = new PasidAllocator(policy);
  }

  /** Records what happens to an io_mm, if it is wanted. */
  void tell(EventKind kind, IoMm ioMm) {
    if (sched.records(kind)) {
      sched.record(kind, sched.name(ioMm.toString()), 0, 0, 0);
    }
  }

  /** Records what happens to a PASID, if it is wanted. */
  void tell(EventKind kind, int pasid) {
    sched.record(kind, pasid, 0, 0, 0);
  }

  /**
   * Records what begins for a bond, if it is wanted; until {@link #ends} it is the cause of what
   * the task does.
   *
   * @return to be given to that
   */
  long begins(EventKind kind, Bond bond) {
    return sched.records(kind)
        ? sched.begin(kind, sched.name(bond.iommuDevice().name()), bond.pasid(), 0, 0)
        : Sched.NOT_BEGUN;
  }

  /** The end of what began for a bond. */
  void ends(EventKind kind, long outer, Bond bond, String answer) {
    if (outer != Sched.NOT_BEGUN) {
      sched.end(kind, outer, sched.name(bond.iommuDevice().name()), sched.name(answer));
    }
  }

  /** Whether a bug is planted. */
  boolean has(SvaBug bug) {
    return bugs.contains(bug);
  }

  Sched sched() {
    return sched;
  }

  DriverCalls driver() {
    return driver;
  }

  Tally<SvaCounter> counters() {
    return counters;
  }

  SpinLock lock() {
    return lock;
  }

  Srcu bondReaders() {
    return bondReaders;
  }

  PasidAllocator pasidsLocked() {
    lock.assertHeld();
    return pasids;
  }

  Map<AddressSpace, IoMm> ioMmsLocked() {
    lock.assertHeld();
    return ioMms;
  }

  Map<Integer, IoMm> ioMmsByPasidLocked() {
    lock.assertHeld();
    return ioMmsByPasid;
  }

  Map<IommuDevice, SvaDevice> devicesLocked() {
    lock.assertHeld();
    return devices;
  }

  @Nullable SvaDevice device(IommuDevice iommuDevice) {
    lock.lock();
    try {
      return devices.get(iommuDevice);
    } finally {
      lock.unlock();
    }
  }

  /** Whether a device that uses the layer is attached to the domain. */
  boolean isInUseLocked(IommuDomain domain) {
    lock.assertHeld();
    return devices.keySet().stream().anyMatch(device -> domain.equals(device.domain()));
  }

  int bondCountLocked() {
    lock.assertHeld();
    return devices.values().stream().mapToInt(device -> device.bondsLocked().size()).sum();
  }

  /** Tells whoever waits in {@link #awaitUnderLock} to look again. */
  void changedLocked() {
    lock.assertHeld();
    changed.wakeAll();
  }

  /** Waits until the condition, looked at under the lock, holds. */
  void awaitUnderLock(BooleanSupplier condition) {
    awaitUnderLock(condition, Long.MAX_VALUE);
  }

  void awaitUnderLock(BooleanSupplier condition, long deadlineNanos) {
    changed.await(
        () -> {
          lock.lock();
          try {
            return condition.getAsBoolean();
          } finally {
            lock.unlock();
          }
        },
        deadlineNanos);
  }
}
