package org.smmulator.guest.pci;

import java.util.List;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.guest.iommu.IommuDomain;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sva.IoMmManager;

/**
 * A driver of PCI functions, as Linux's {@code pci_driver}: which ones it drives and how it takes
 * one up. A jar adds drivers by listing its classes, each with a public constructor without
 * parameters, in {@code META-INF/services/org.smmulator.guest.pci.PciDriver}.
 */
public interface PciDriver {
  /**
   * The functions of one maker and type (Base Specification 7.5.1.1.1, 7.5.1.1.2).
   *
   * @param vendorId 16 bits
   * @param deviceId 16 bits
   */
  record Id(int vendorId, int deviceId) {
    @Override
    public String toString() {
      return String.format("%04x:%04x", vendorId, deviceId);
    }
  }

  /**
   * What a driver needs of the kernel.
   *
   * @param sched tasks, locks, waiting and time
   * @param memory RAM by physical address
   * @param frames gives out that RAM
   * @param interrupts gives out the numbers of message-signalled interrupts
   * @param sva binds devices to address spaces
   * @param renewal for a driver that is done with what it did for somebody
   */
  record Kernel(
      Sched sched,
      PhysicalMemory memory,
      FrameAllocator frames,
      MessageInterrupts interrupts,
      IoMmManager sva,
      Renewal renewal) {}

  /** Has a function forget everything. */
  interface Renewal {
    /**
     * Gives up the driver's use of a function ({@link DrivenDevice#detach}), resets the function if
     * it has a function level reset, and has it driven anew. Does nothing if the driver has lost it
     * meanwhile. Not to be called by a driver that is inside one of the kernel's calls. May sleep.
     */
    void renew(DrivenDevice driven);
  }

  /** What logs call it, and who wants a certain driver; one word, such as {@code dma}. */
  String name();

  /** The functions that it drives. */
  List<Id> ids();

  /**
   * Takes up a function, which is attached to its default domain, answers at its BARs and may
   * master the bus. The kernel has called nothing else for it before. May sleep; functions of other
   * slots are taken up meanwhile, perhaps by the same driver.
   *
   * @throws IommuException if the function cannot be driven; the message says why, and nothing that
   *     the driver has begun is left
   */
  DrivenDevice probe(Kernel kernel, PciDevice device, IommuDomain domain) throws IommuException;
}
