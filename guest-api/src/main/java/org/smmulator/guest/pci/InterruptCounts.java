package org.smmulator.guest.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * The interrupts of one function, for a driver: counted for each vector until somebody asks, as an
 * eventfd, and whoever waits for one is woken.
 */
public final class InterruptCounts {
  private final PciDriver.Kernel kernel;
  private final PciDevice device;
  private final Sched sched;
  private final AtomicLongArray counts;
  private final WaitQueue[] woken;
  private final List<Runnable> handlers = new ArrayList<>();
  private final List<Integer> intids = new ArrayList<>();

  /**
   * @param vectors how many are used, from 0 on; those beyond stay masked
   * @param woken at least one for each vector, which its interrupts wake; those beyond the last
   *     vector share them in turn
   */
  public InterruptCounts(
      PciDriver.Kernel kernel, PciDevice device, int vectors, WaitQueue[] woken) {
    this.kernel = kernel;
    this.device = device;
    this.sched = kernel.sched();
    this.counts = new AtomicLongArray(vectors);
    this.woken = woken.clone();
    for (int vector = 0; vector < vectors; vector++) {
      handlers.add(handler(vector));
    }
  }

  private Runnable handler(int vector) {
    return () -> {
      counts.incrementAndGet(vector);
      for (int i = vector; i < woken.length; i += vectors()) {
        woken[i].wakeAll();
      }
    };
  }

  /** How many are used. */
  public int vectors() {
    return counts.length();
  }

  /**
   * Lets every vector raise an interrupt. What was done of it {@link #release} takes back.
   *
   * @throws IommuException ENOSPC without a free interrupt number, or what mapping the doorbell
   *     throws
   */
  public void connect(IommuDomain domain) throws IommuException {
    if (vectors() == 0) {
      return;
    }
    MessageVectors messages = device.messages();
    long doorbell = domain.mapMsiDoorbell();
    for (int vector = 0; vector < vectors(); vector++) {
      int intid = kernel.interrupts().share(handlers.get(vector));
      if (intid < 0) {
        throw new IommuException(
            Errno.ENOSPC, device + ": no interrupt number is left for vector " + vector);
      }
      intids.add(intid);
      messages.set(vector, doorbell, intid);
    }
    messages.enable();
  }

  /** Gives the interrupt numbers back: no interrupt is counted any more. */
  public void release() {
    for (int vector = 0; vector < intids.size(); vector++) {
      kernel.interrupts().release(intids.get(vector), handlers.get(vector));
    }
    intids.clear();
  }

  /** Has everybody who waits look whether there is still something to wait for. */
  public void wakeAll() {
    for (WaitQueue waiters : woken) {
      waiters.wakeAll();
    }
  }

  /**
   * Waits for an interrupt, as long as it can come.
   *
   * @return how many there were since the last time; 0 if none can come, or the deadline passed
   * @throws IommuException EINVAL without such a vector
   */
  public long await(int vector, BooleanSupplier canCome, long deadlineNanos) throws IommuException {
    if (vector < 0 || vector >= vectors()) {
      throw new IommuException(
          Errno.EINVAL,
          "%s uses %d interrupt vectors, from 0 on, not %d".formatted(device, vectors(), vector));
    }
    woken[vector].await(
        () -> counts.get(vector) > 0 || !canCome.getAsBoolean() || sched.current().isKilled(),
        deadlineNanos);
    sched.throwIfKilled();
    return counts.getAndSet(vector, 0);
  }
}
