package org.smmulator.guest.pci.generic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.InterruptCounts;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.guest.sva.SvaOptions;

/**
 * A function that one program at a time drives by itself, through a {@link DeviceFile}: the file of
 * a VFIO device, whose accesses without PASID are translated by its default domain, and those with
 * PASID by the program's page table, as uacce does.
 *
 * <p>The driver does not know what the function does. It can keep it from issuing requests (Bus
 * Master Enable), and have it forget everything (function level reset). So a function masters the
 * bus while it is open and no longer; and a file that is closed ends with a reset, before anybody
 * can open the function again.
 *
 * <p>The mutex guards who uses the function. It is never held while the device or the IOMMU is
 * waited for; whoever uses one of them is counted instead, and waited for by whoever takes it away.
 */
public final class GenericDevice implements DrivenDevice {
  private enum State {
    /** Nobody has it. */
    FREE,
    OPEN,
    /** Its program gives it back, or its process has ended. */
    CLOSING,
    /** The kernel has taken it back for good. */
    LOST
  }

  private static final Logger LOG = LoggerFactory.getLogger(GenericDevice.class);

  /** A function may have 2,048 vectors; those beyond stay masked. */
  private static final int MOST_VECTORS = 64;

  private static final long STOP_NANOS = 10_000_000_000L;
  private static final long LOOK_NANOS = 200_000L;
  private static final int ETIMEDOUT = 110;

  private final PciDriver.Kernel kernel;
  private final PciDevice device;
  private final IommuDomain domain;
  private final InterruptCounts interrupts;
  private final Mutex lock;
  private final WaitQueue unused;

  /** Why the function cannot be bound to address spaces; null if it can. */
  private @Nullable IommuException noSva;

  @Guarded(by = "lock")
  private final Set<DmaBuffer> buffers = new LinkedHashSet<>();

  @Guarded(by = "lock")
  private int users;

  /** Changed under the lock. */
  private volatile State state = State.FREE;

  private GenericDevice(PciDriver.Kernel kernel, PciDevice device, IommuDomain domain) {
    this.kernel = kernel;
    this.device = device;
    this.domain = domain;
    this.interrupts = interrupts(kernel, device);
    this.lock = kernel.sched().mutex(LockOrder.GENERIC_DEVICE);
    this.unused = kernel.sched().waitQueue("users of " + device);
  }

  private static InterruptCounts interrupts(PciDriver.Kernel kernel, PciDevice device) {
    WaitQueue[] interrupted = new WaitQueue[Math.min(device.messages().vectors(), MOST_VECTORS)];
    Arrays.setAll(interrupted, i -> kernel.sched().waitQueue("interrupts of " + device));
    return new InterruptCounts(kernel, device, interrupted.length, interrupted);
  }

  static GenericDevice probe(PciDriver.Kernel kernel, PciDevice device, IommuDomain domain)
      throws IommuException {
    GenericDevice generic = new GenericDevice(kernel, device, domain);
    boolean probed = false;
    try {
      device.setBusMaster(false);
      generic.interrupts.connect(domain);
      generic.initSva();
      probed = true;
      return generic;
    } finally {
      if (!probed) {
        generic.interrupts.release();
      }
    }
  }

  /** What cannot be bound can be used without. */
  private void initSva() {
    IommuDevice dev = device.iommuDevice();
    boolean faults = dev.ats().hasPri() || dev.canStall();
    try {
      if (!device.hasReset()) {
        throw new IommuException(
            Errno.EINVAL, device + " has no function level reset: it could keep a PASID for ever");
      }
      kernel.sva().deviceInit(dev, new SvaOptions(faults, 1, 0), this::mmExit);
    } catch (IommuException refusal) {
      noSva = refusal;
    }
  }

  @Override
  public PciDevice device() {
    return device;
  }

  Sched sched() {
    return kernel.sched();
  }

  InterruptCounts interrupts() {
    return interrupts;
  }

  /**
   * Gives the function to a program.
   *
   * @param mm the program's memory, which {@link DeviceFile#bindSva} shares
   * @throws IommuException EBUSY while another has it, ENODEV once it is gone
   */
  public DeviceFile open(AddressSpace mm) throws IommuException {
    lock.lock();
    try {
      if (state == State.LOST) {
        throw gone();
      }
      if (state != State.FREE) {
        throw new IommuException(Errno.EBUSY, device + " is open already");
      }
      state = State.OPEN;
      users++;
    } finally {
      lock.unlock();
    }
    try {
      device.setBusMaster(true);
      return new DeviceFile(this, mm);
    } finally {
      leave();
    }
  }

  IommuException gone() {
    return new IommuException(Errno.ENODEV, device + " is gone");
  }

  /** Whether calls of the program still reach the function. */
  boolean isOpen() {
    return state == State.OPEN;
  }

  /** Keeps function and domain as they are until {@link #leave}; false if they are lost. */
  boolean enter() {
    lock.lock();
    try {
      users += isOpen() ? 1 : 0;
      return isOpen();
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      users--;
    } finally {
      lock.unlock();
    }
    unused.wakeAll();
  }

  private boolean isUsedByNoMoreThan(int most) {
    lock.lock();
    try {
      return users <= most;
    } finally {
      lock.unlock();
    }
  }

  int bind(AddressSpace mm) throws IommuException {
    IommuException refusal = noSva;
    if (refusal != null) {
      throw new IommuException(refusal.errno(), String.valueOf(refusal.getMessage()));
    }
    return kernel.sva().bind(device.iommuDevice(), mm, this);
  }

  DmaBuffer allocate(long bytes, DmaDirection direction) throws IommuException {
    DmaBuffer buffer = DmaBuffer.allocate(this, kernel, domain, bytes, direction);
    lock.lock();
    try {
      buffers.add(buffer);
    } finally {
      lock.unlock();
    }
    return buffer;
  }

  /**
   * An access of the program to a buffer, which nobody frees meanwhile.
   *
   * @throws IllegalStateException if it is freed, or the function no longer open
   */
  void access(DmaBuffer buffer, Runnable access) {
    kernel.sched().throwIfKilled();
    lock.lock();
    try {
      if (!isOpen() || !buffers.contains(buffer)) {
        throw new IllegalStateException("a buffer of " + device + " is closed");
      }
      access.run();
    } finally {
      lock.unlock();
    }
  }

  void free(DmaBuffer buffer) {
    lock.lock();
    try {
      if (!buffers.remove(buffer)) {
        return; // somebody else frees it
      }
    } finally {
      lock.unlock();
    }
    buffer.free(kernel, domain);
  }

  /**
   * The program is done with the function, or dead. What it had is given back once the function is
   * quiet, and the function is as new for whoever opens it next.
   */
  void close() {
    lock.lock();
    try {
      if (state != State.OPEN) {
        return; // whoever takes the function away gives all back
      }
      state = State.CLOSING;
      users++;
    } finally {
      lock.unlock();
    }
    interrupts.wakeAll();
    try {
      unused.await(() -> isUsedByNoMoreThan(1), Long.MAX_VALUE);
      quiesce();
      kernel.sva().unbindAll(device.iommuDevice());
    } finally {
      leave();
    }
    kernel.renewal().renew(this);
  }

  /**
   * A process that has the function open and bound dies. Of the function's doings only requests are
   * known; none comes after the answer 0.
   */
  private int mmExit(IommuDevice dev, int pasid, @Nullable Object drvdata) {
    return quiesce() ? 0 : -ETIMEDOUT;
  }

  /** Whether the function issues no request any more, and has all answers. */
  private boolean quiesce() {
    Sched sched = kernel.sched();
    device.setBusMaster(false);
    long deadline = sched.nanoTime() + STOP_NANOS;
    while (device.hasRequestsPending()) {
      if (device.isGone() || sched.nanoTime() >= deadline) {
        return false;
      }
      sched.sleep(LOOK_NANOS);
    }
    return true;
  }

  /** Shared with whoever has the function open: an interrupt is told once. */
  @Override
  public long awaitInterrupt(int vector, long deadlineNanos) throws IommuException {
    return interrupts.await(vector, () -> state != State.LOST, deadlineNanos);
  }

  @Override
  public void detach() {
    lose();
    attempt(this::quiesce);
    giveBack();
  }

  @Override
  public void removed() {
    lose();
    giveBack();
  }

  /** On return no program uses the function, and none will. */
  private void lose() {
    lock.lock();
    try {
      state = State.LOST;
    } finally {
      lock.unlock();
    }
    interrupts.wakeAll();
    unused.await(() -> isUsedByNoMoreThan(0), Long.MAX_VALUE);
  }

  private void giveBack() {
    attempt(() -> kernel.sva().deviceShutdown(device.iommuDevice()));
    for (DmaBuffer buffer : openBuffers()) {
      attempt(() -> free(buffer));
    }
    attempt(interrupts::release);
  }

  private List<DmaBuffer> openBuffers() {
    lock.lock();
    try {
      return new ArrayList<>(buffers);
    } finally {
      lock.unlock();
    }
  }

  /** What fails must not keep the rest from being given back. */
  private void attempt(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      kernel.sched().throwIfEnding();
      LOG.error("{} could not be given back as a whole", device, e);
    }
  }
}
