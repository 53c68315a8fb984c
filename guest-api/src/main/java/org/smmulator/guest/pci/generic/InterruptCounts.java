package org.smmulator.guest.pci.generic;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.pci.MessageVectors;
import org.smmulator.guest.pci.PciDevice;
import org.smmulator.guest.pci.PciDriver;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/** The interrupts of one function, counted for each vector until somebody asks: as an eventfd. */
final class InterruptCounts {
  /** A function may have 2,048 vectors; those beyond stay masked. */
  private static final int MOST_VECTORS = 64;

  private final PciDriver.Kernel kernel;
  private final PciDevice device;
  private final Sched sched;
  private final AtomicLongArray counts;
  private final WaitQueue interrupted;
  private final List<Runnable> handlers = new ArrayList<>();
  private final List<Integer> intids = new ArrayList<>();

  InterruptCounts(PciDriver.Kernel kernel, PciDevice device) {
    this.kernel = kernel;
    this.device = device;
    this.sched = kernel.sched();
    this.counts = new AtomicLongArray(Math.min(device.messages().vectors(), MOST_VECTORS));
    this.interrupted = sched.waitQueue("interrupts of " + device);
    for (int vector = 0; vector < counts.length(); vector++) {
      int counted = vector;
      handlers.add(
          () -> {
            counts.incrementAndGet(counted);
            interrupted.wakeAll();
          });
    }
  }

  int vectors() {
    return counts.length();
  }

  /**
   * Lets every vector raise an interrupt. What was done of it {@link #release} takes back.
   *
   * @throws IommuException ENOSPC without a free interrupt number, or what mapping the doorbell
   *     throws
   */
  void connect(IommuDomain domain) throws IommuException {
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

  void release() {
    for (int vector = 0; vector < intids.size(); vector++) {
      kernel.interrupts().release(intids.get(vector), handlers.get(vector));
    }
    intids.clear();
  }

  /** Has everybody who waits look whether there is still something to wait for. */
  void wakeAll() {
    interrupted.wakeAll();
  }

  /**
   * Waits for an interrupt, as long as it can come.
   *
   * @return how many there were since the last time; 0 if none can come, or the deadline passed
   */
  long await(int vector, BooleanSupplier canCome, long deadlineNanos) {
    interrupted.await(
        () -> counts.get(vector) > 0 || !canCome.getAsBoolean() || sched.current().isKilled(),
        deadlineNanos);
    sched.throwIfKilled();
    return counts.getAndSet(vector, 0);
  }
}
