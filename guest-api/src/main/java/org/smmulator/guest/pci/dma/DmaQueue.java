package org.smmulator.guest.pci.dma;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.dma.DmaResult.Status;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * One running queue of the engine, bound to one PASID. Operations are taken in order; any task may
 * submit, and each waits for its own. The mutex guards the ring, whose memory may be somebody
 * else's once the queue is stopped.
 */
public final class DmaQueue {
  /** How long without a completion before the device is asked how it is; all ones is an error. */
  private static final long HEALTH_NANOS = 200_000_000L;

  private final Sched sched;
  private final PciDevice device;
  private final int index;
  private final AddressSpace mm;
  private final int pasid;
  private final DmaRing ring;
  private final Mutex lock;
  private final WaitQueue completed;
  private final @Nullable DmaResult[] results;
  private long submitted;
  private long reaped;
  private volatile boolean stopped;

  DmaQueue(DmaEngine engine, int index, AddressSpace mm, int pasid, DmaRing ring) {
    this.sched = engine.sched();
    this.device = engine.device();
    this.index = index;
    this.mm = mm;
    this.pasid = pasid;
    this.ring = ring;
    this.lock = sched.mutex(LockOrder.DMA_QUEUE);
    this.completed = engine.completed(index);
    this.results = new DmaResult[ring.entries()];
  }

  public int pasid() {
    return pasid;
  }

  /** Whether the device has no ATS, and its faults stall instead. */
  public boolean stalls() {
    return device.iommuDevice().canStall();
  }

  /** The address space that the queue works on. */
  AddressSpace mm() {
    return mm;
  }

  int index() {
    return index;
  }

  DmaRing ring() {
    return ring;
  }

  void start() {
    write64(DmaRegister.RING_BASE, ring.descriptorsIova());
    write64(DmaRegister.COMPLETION_BASE, ring.completionsIova());
    write32(DmaRegister.RING_LOG2, ring.log2());
    write32(DmaRegister.PASID, DmaRegister.PASID_VALID | pasid);
    write32(DmaRegister.QUEUE_CTRL, DmaRegister.QUEUE_ENABLE | DmaRegister.QUEUE_INTERRUPT);
  }

  /** Submits one operation and waits for it; after the deadline the result is NO_ANSWER. */
  public DmaResult run(DmaOperation operation, long deadlineNanos) {
    long ticket = submit(operation, deadlineNanos);
    return ticket < 0
        ? DmaResult.without(device.isGone() ? Status.GONE : Status.STOPPED)
        : await(ticket, deadlineNanos);
  }

  /**
   * Hands an operation to the engine, waiting while the ring is full.
   *
   * @return a ticket for {@link #await}; -1 if the queue is stopped or stays full past the deadline
   */
  public long submit(DmaOperation operation, long deadlineNanos) {
    while (awaitWhileHealthy(this::canSubmit, deadlineNanos)) {
      lock.lock();
      try {
        if (isEnded()) {
          return -1;
        }
        if (hasRoomLocked()) {
          ring.write(submitted, operation);
          submitted++;
          write32(DmaRegister.TAIL, (int) submitted);
          return submitted - 1;
        }
      } finally {
        lock.unlock();
      }
    }
    return -1;
  }

  /** Waits for a submitted operation; each ticket is awaited once. */
  public DmaResult await(long ticket, long deadlineNanos) {
    if (!awaitWhileHealthy(() -> isReaped(ticket) || isEnded(), deadlineNanos)) {
      return DmaResult.without(Status.NO_ANSWER);
    }
    lock.lock();
    try {
      if (ticket < reaped) {
        return takeLocked(ticket);
      }
    } finally {
      lock.unlock();
    }
    return DmaResult.without(device.isGone() ? Status.GONE : Status.STOPPED);
  }

  /**
   * Stops the engine's queue and waits until it is quiet: no request of its PASID is outstanding. A
   * device that does not answer any more is not waited for.
   *
   * @return whether the device said so before the deadline
   */
  public boolean stop(long deadlineNanos) {
    write32(DmaRegister.QUEUE_CTRL, 0);
    int status = read32(DmaRegister.QUEUE_STATUS);
    while (isRunning(status) && !isCutOff(status) && sched.nanoTime() < deadlineNanos) {
      sched.sleep(200_000);
      status = read32(DmaRegister.QUEUE_STATUS);
    }
    abandon();
    return !isRunning(status) && !device.isGone();
  }

  private static boolean isRunning(int status) {
    return (status & DmaRegister.QUEUE_RUNNING) != 0;
  }

  /** All ones are no status: until the device is reset or attached anew, nothing else is read. */
  private static boolean isCutOff(int status) {
    return status == -1;
  }

  /** Takes what is done, and leaves the ring alone from then on. */
  void abandon() {
    lock.lock();
    try {
      reapLocked();
      stopped = true;
    } finally {
      lock.unlock();
    }
    completed.wakeAll();
  }

  /** Operations submitted and not completed yet. */
  public long outstanding() {
    lock.lock();
    try {
      reapLocked();
      return submitted - reaped;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a condition; a queue whose device failed or was cut off meanwhile is given up. */
  private boolean awaitWhileHealthy(BooleanSupplier condition, long deadlineNanos) {
    while (true) {
      long look = Math.min(deadlineNanos, sched.nanoTime() + HEALTH_NANOS);
      if (completed.await(condition, look)) {
        return true;
      }
      if (!isEnded() && (read32(DmaRegister.QUEUE_STATUS) & DmaRegister.QUEUE_ERROR) != 0) {
        abandon();
      } else if (sched.nanoTime() >= deadlineNanos) {
        return false;
      }
    }
  }

  private boolean canSubmit() {
    lock.lock();
    try {
      return isEnded() || hasRoomLocked();
    } finally {
      lock.unlock();
    }
  }

  private boolean isReaped(long ticket) {
    lock.lock();
    try {
      reapLocked();
      return ticket < reaped;
    } finally {
      lock.unlock();
    }
  }

  private boolean isEnded() {
    return stopped || device.isGone();
  }

  /** Whether the next slot is neither with the engine nor holds a result nobody has taken. */
  private boolean hasRoomLocked() {
    reapLocked();
    return submitted - reaped < ring.entries()
        && results[(int) (submitted % ring.entries())] == null;
  }

  private void reapLocked() {
    lock.assertHeld();
    while (!stopped && reaped < submitted && ring.isDone(reaped)) {
      results[(int) (reaped % ring.entries())] = ring.result(reaped);
      reaped++;
    }
  }

  private DmaResult takeLocked(long ticket) {
    int slot = (int) (ticket % ring.entries());
    DmaResult result = results[slot];
    results[slot] = null;
    if (result == null) {
      throw new IllegalStateException("ticket " + ticket + " was awaited before");
    }
    completed.wakeAll();
    return result;
  }

  private int read32(long register) {
    return device.read32(DmaRegister.BAR, DmaRegister.queue(index, register));
  }

  private void write32(long register, int value) {
    device.write32(DmaRegister.BAR, DmaRegister.queue(index, register), value);
  }

  private void write64(long register, long value) {
    device.write64(DmaRegister.BAR, DmaRegister.queue(index, register), value);
  }
}
