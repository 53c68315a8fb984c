package org.smmulator.guest.sva;

import org.jspecify.annotations.Nullable;
import org.smmulator.guest.iommu.BoundDevice;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.Task;

/**
 * The use of one address space by one device: Linux's {@code iommu_bond}. It owns one reference of
 * its io_mm. It is listed by the io_mm while it is not {@link BondState#DETACHED}; by the device
 * until its page requests are answered and its mm_exit has ended too, which is what an unbind waits
 * for.
 */
final class Bond {
  private final IoMm ioMm;
  private final SvaDevice device;
  private final BoundDevice boundDevice;
  private final @Nullable Object drvdata;

  @Guarded(by = "SvaTables.lock")
  private BondState state = BondState.ATTACHING;

  @Guarded(by = "SvaTables.lock")
  private int binds = 1;

  /** The task that mm_exit runs on; null before and after. */
  @Guarded(by = "SvaTables.lock")
  private @Nullable Task exitTask;

  @Guarded(by = "SvaTables.lock")
  private boolean exitRuns;

  /** Nothing is left to do for it but to wait for its mm_exit. */
  @Guarded(by = "SvaTables.lock")
  private boolean settled;

  Bond(IoMm ioMm, SvaDevice device, IommuDomain domain, @Nullable Object drvdata) {
    this.ioMm = ioMm;
    this.device = device;
    this.boundDevice = new BoundDevice(domain, device.iommuDevice());
    this.drvdata = drvdata;
  }

  IoMm ioMm() {
    return ioMm;
  }

  SvaDevice device() {
    return device;
  }

  IommuDevice iommuDevice() {
    return device.iommuDevice();
  }

  IommuDomain domain() {
    return boundDevice.domain();
  }

  BoundDevice boundDevice() {
    return boundDevice;
  }

  @Nullable Object drvdata() {
    return drvdata;
  }

  int pasid() {
    return ioMm.pasid();
  }

  BondState stateLocked() {
    return state;
  }

  void becomeLocked(BondState next) {
    if (!state.leadsTo(next)) {
      throw new IllegalStateException("%s: %s does not become %s".formatted(this, state, next));
    }
    state = next;
  }

  void bindAgainLocked() {
    binds++;
  }

  /** Takes one bind back; whether it was the last, and the caller has to detach. */
  boolean unbindLocked() {
    binds--;
    if (binds > 0) {
      return false;
    }
    becomeLocked(BondState.DETACHING);
    return true;
  }

  /** Takes all binds back, and the caller has to detach; how many there were. */
  int unbindAllLocked() {
    int taken = binds;
    binds = 0;
    becomeLocked(BondState.DETACHING);
    return taken;
  }

  void mmExitStartsLocked() {
    becomeLocked(BondState.EXITING);
    exitRuns = true;
  }

  void mmExitRunsLocked(Task task) {
    exitTask = task;
  }

  void mmExitEndsLocked() {
    exitTask = null;
    exitRuns = false;
    leaveDeviceLocked();
  }

  boolean mmExitRunsLocked() {
    return exitRuns;
  }

  boolean isMmExitLocked(Task task) {
    return exitTask == task && exitRuns;
  }

  void settleLocked() {
    settled = true;
    leaveDeviceLocked();
  }

  private void leaveDeviceLocked() {
    if (settled && !exitRuns) {
      device.bondsLocked().remove(this);
    }
  }

  @Override
  public String toString() {
    return "bond of " + iommuDevice() + " and PASID " + pasid();
  }
}
