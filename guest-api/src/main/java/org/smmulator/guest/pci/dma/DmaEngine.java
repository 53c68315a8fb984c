package org.smmulator.guest.pci.dma;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.pci.DrivenDevice;
import org.smmulator.guest.pci.InterruptCounts;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;
import org.smmulator.guest.sva.IoMmManager;
import org.smmulator.guest.sva.SvaOptions;

/**
 * One {@code dma} device: hands out queues that work on a process's address space. The mutex guards
 * the table of queues and is never held while the device or the IOMMU is waited for.
 */
public final class DmaEngine implements DrivenDevice {
  private static final Logger LOG = LoggerFactory.getLogger(DmaEngine.class);
  private static final long STOP_NANOS = 10_000_000_000L;
  private static final int ETIMEDOUT = 110;

  /** What a device may say; a larger number is a broken one's. */
  private static final int MOST_QUEUES = 4096;

  private final PciDriver.Kernel kernel;
  private final PciDevice device;
  private final DmaRings rings;
  private final Mutex lock;
  private final WaitQueue unused;

  /** One for each queue: whoever waits for one is not woken by the others' completions. */
  private final WaitQueue[] completed;

  private final @Nullable DmaQueue[] queues;

  /** Queues beyond the last vector share them in turn. */
  private final InterruptCounts interrupts;

  private boolean closed;
  private int users;

  private DmaEngine(
      PciDriver.Kernel kernel, PciDevice device, IommuDomain domain, int queues, int vectors) {
    this.kernel = kernel;
    this.device = device;
    this.rings = new DmaRings(kernel.memory(), kernel.frames(), domain, device);
    this.lock = kernel.sched().mutex(LockOrder.DMA_ENGINE);
    this.unused = kernel.sched().waitQueue("dma-users");
    this.completed = new WaitQueue[queues];
    Arrays.setAll(completed, i -> kernel.sched().waitQueue("dma-completions"));
    this.queues = new DmaQueue[queues];
    this.interrupts = new InterruptCounts(kernel, device, vectors, completed);
  }

  /**
   * Takes up a device that is attached to its default domain.
   *
   * @throws IommuException ENODEV if the device is not what its IDs say, or what {@link
   *     IoMmManager#deviceInit} throws
   */
  static DmaEngine probe(PciDriver.Kernel kernel, PciDevice device, IommuDomain domain)
      throws IommuException {
    if (device.read32(DmaRegister.BAR, DmaRegister.ID) != DmaRegister.ID_VALUE) {
      String why =
          device.isAbsent()
              ? " has left before it was driven"
              : ": register ID is not that of a DMA engine (0x41444d53)";
      throw new IommuException(Errno.ENODEV, device + why);
    }
    int queues = Math.min(device.read32(DmaRegister.BAR, DmaRegister.QUEUES), MOST_QUEUES);
    int vectors = Math.min(queues, device.msix().vectors());
    if (vectors < 1) {
      throw new IommuException(Errno.ENODEV, device + ": no queue with an interrupt vector");
    }
    DmaEngine engine = new DmaEngine(kernel, device, domain, queues, vectors);
    boolean probed = false;
    try {
      engine.interrupts.connect(domain);
      kernel.sva().deviceInit(device.iommuDevice(), new SvaOptions(true, 1, 0), engine::mmExit);
      probed = true;
      return engine;
    } finally {
      if (!probed) {
        engine.interrupts.release();
      }
    }
  }

  @Override
  public PciDevice device() {
    return device;
  }

  Sched sched() {
    return kernel.sched();
  }

  /** Woken at interrupts of a queue. */
  WaitQueue completed(int queue) {
    return completed[queue];
  }

  public int queues() {
    return queues.length;
  }

  /**
   * Binds the device to a process's address space and starts a queue on it.
   *
   * @throws IommuException ENOSPC when every queue is taken, ENODEV once the device is closed, or
   *     what {@link IoMmManager#bind} throws
   */
  public DmaQueue open(AddressSpace mm) throws IommuException {
    if (!enter()) {
      throw new IommuException(Errno.ENODEV, device + " is closed");
    }
    try {
      // Held until the queue is in the table: mm_exit finds the queue, or bind fails.
      if (!mm.getUserNotZero()) {
        throw new IommuException(Errno.ESRCH, mm + " has exited");
      }
      try {
        return bindAndStart(mm);
      } finally {
        mm.putUserAsync();
      }
    } finally {
      leave();
    }
  }

  private DmaQueue bindAndStart(AddressSpace mm) throws IommuException {
    int pasid = kernel.sva().bind(device.iommuDevice(), mm, this);
    boolean started = false;
    try {
      DmaQueue queue = start(mm, pasid);
      started = true;
      return queue;
    } finally {
      if (!started) {
        unbind(mm, pasid);
      }
    }
  }

  private DmaQueue start(AddressSpace mm, int pasid) throws IommuException {
    DmaRing ring = rings.allocate();
    boolean started = false;
    try {
      DmaQueue queue = take(mm, pasid, ring);
      started = true;
      return queue;
    } finally {
      if (!started) {
        rings.free(ring);
      }
    }
  }

  private DmaQueue take(AddressSpace mm, int pasid, DmaRing ring) throws IommuException {
    lock.lock();
    try {
      for (int i = 0; i < queues.length; i++) {
        if (queues[i] == null) {
          DmaQueue queue = new DmaQueue(this, i, mm, pasid, ring);
          queue.start();
          queues[i] = queue;
          return queue;
        }
      }
    } finally {
      lock.unlock();
    }
    throw new IommuException(
        Errno.ENOSPC, device + ": all " + queues.length + " queues are in use");
  }

  /**
   * Stops a queue and ends the device's use of the address space. Of a process that has exited only
   * the queue is left to give back. A queue that did not stop stays taken, with its ring, until the
   * device goes.
   *
   * @return whether the device stopped in time
   */
  public boolean close(DmaQueue queue) {
    if (!enter()) {
      return false; // Whoever closes the engine gives back all its queues.
    }
    try {
      boolean quiet = stop(queue);
      unbind(queue.mm(), queue.pasid());
      if (quiet || device.isGone()) {
        giveBack(queue);
      }
      return quiet;
    } finally {
      leave();
    }
  }

  private void unbind(AddressSpace mm, int pasid) {
    try {
      kernel.sva().unbind(device.iommuDevice(), pasid, mm);
    } catch (IommuException e) {
      if (e.errno() != Errno.ESRCH) {
        LOG.warn("{}: unbind of PASID {}: {}", device, pasid, e.getMessage());
      }
    }
  }

  /** Keeps the domain alive until {@link #leave}; false once the engine is being closed. */
  private boolean enter() {
    lock.lock();
    try {
      users += closed ? 0 : 1;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      users--;
    } finally {
      lock.unlock();
    }
    unused.wakeAll();
  }

  private boolean isIdle() {
    lock.lock();
    try {
      return users == 0;
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(DmaQueue queue) {
    lock.lock();
    try {
      if (queues[queue.index()] != queue) {
        return;
      }
      queues[queue.index()] = null;
    } finally {
      lock.unlock();
    }
    queue.abandon();
    rings.free(queue.ring());
  }

  /** A process that uses the device is gone: stops its queues. 0 means that the device is quiet. */
  private int mmExit(IommuDevice dev, int pasid, @Nullable Object drvdata) {
    boolean quiet = true;
    for (DmaQueue queue : openQueues()) {
      if (queue.pasid() == pasid) {
        quiet &= stop(queue);
      }
    }
    return quiet ? 0 : -ETIMEDOUT;
  }

  @Override
  public long awaitInterrupt(int vector, long deadlineNanos) throws IommuException {
    return interrupts.await(vector, () -> !device.isGone(), deadlineNanos);
  }

  @Override
  public void detach() {
    for (DmaQueue queue : closeAll()) {
      stop(queue);
    }
    release();
  }

  @Override
  public void removed() {
    for (DmaQueue queue : closeAll()) {
      queue.abandon();
    }
    release();
  }

  private List<DmaQueue> closeAll() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    return openQueues();
  }

  private void release() {
    unused.await(this::isIdle, Long.MAX_VALUE);
    kernel.sva().deviceShutdown(device.iommuDevice());
    for (DmaQueue queue : openQueues()) {
      attempt(queue, () -> giveBack(queue));
    }
    interrupts.release();
  }

  private boolean stop(DmaQueue queue) {
    boolean[] quiet = {false};
    attempt(queue, () -> quiet[0] = queue.stop(kernel.sched().nanoTime() + STOP_NANOS));
    return quiet[0];
  }

  /** What fails for one queue must not keep the others, or the device, from being given up. */
  private void attempt(DmaQueue queue, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      kernel.sched().throwIfEnding();
      LOG.error("{}: queue {} could not be stopped or given back", device, queue.index(), e);
    }
  }

  private List<DmaQueue> openQueues() {
    lock.lock();
    try {
      List<DmaQueue> open = new ArrayList<>();
      for (DmaQueue queue : queues) {
        if (queue != null) {
          open.add(queue);
        }
      }
      return open;
    } finally {
      lock.unlock();
    }
  }
}
