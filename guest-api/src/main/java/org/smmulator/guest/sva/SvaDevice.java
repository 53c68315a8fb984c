package org.smmulator.guest.sva;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.sched.Guarded;

/**
 * A device between its init and its shutdown: Linux's {@code iommu_sva_param}. Domain and PASID
 * range do not change in that time.
 */
final class SvaDevice {
  private final IommuDevice iommuDevice;
  private final IommuDomain domain;
  private final int minPasid;
  private final int maxPasid;
  private final @Nullable MmExitHandler driversMmExit;
  private volatile @Nullable MmExitHandler mmExit;
  private final @Nullable FaultQueue faults;

  @Guarded(by = "SvaTables.lock")
  private final List<Bond> bonds = new ArrayList<>();

  @Guarded(by = "SvaTables.lock")
  private boolean closing;

  SvaDevice(
      IommuDevice iommuDevice,
      IommuDomain domain,
      SvaOptions range,
      @Nullable MmExitHandler mmExit,
      @Nullable FaultQueue faults) {
    this.iommuDevice = iommuDevice;
    this.domain = domain;
    this.minPasid = range.minPasid();
    this.maxPasid = range.maxPasid();
    this.driversMmExit = mmExit;
    this.mmExit = mmExit;
    this.faults = faults;
  }

  IommuDevice iommuDevice() {
    return iommuDevice;
  }

  IommuDomain domain() {
    return domain;
  }

  int minPasid() {
    return minPasid;
  }

  int maxPasid() {
    return maxPasid;
  }

  /** What the death of a process calls; null if nothing. */
  @Nullable MmExitHandler mmExit() {
    return mmExit;
  }

  /** What the device's driver gave. */
  @Nullable MmExitHandler driversMmExit() {
    return driversMmExit;
  }

  void replaceMmExit(@Nullable MmExitHandler instead) {
    mmExit = instead;
  }

  /** Null if the device's page requests are not served. */
  @Nullable FaultQueue faults() {
    return faults;
  }

  boolean isClosingLocked() {
    return closing;
  }

  void closeLocked() {
    closing = true;
  }

  List<Bond> bondsLocked() {
    return bonds;
  }

  /** The bond for a PASID, or null. */
  @Nullable Bond bondLocked(int pasid) {
    for (Bond bond : bonds) {
      if (bond.pasid() == pasid && bond.stateLocked() != BondState.DETACHED) {
        return bond;
      }
    }
    return null;
  }

  /** A bond of the state, or null. */
  @Nullable Bond anyLocked(BondState state) {
    for (Bond bond : bonds) {
      if (bond.stateLocked() == state) {
        return bond;
      }
    }
    return null;
  }

  /** A detached bond for a PASID whose mm_exit still runs, or null. */
  @Nullable Bond overdueLocked(int pasid) {
    for (Bond bond : bonds) {
      if (bond.pasid() == pasid && bond.stateLocked() == BondState.DETACHED) {
        return bond;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return iommuDevice.toString();
  }
}
