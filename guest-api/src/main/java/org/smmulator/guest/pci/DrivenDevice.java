package org.smmulator.guest.pci;

import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;

/**
 * A function with its driver. The kernel calls one of the two methods, once, when the driver is to
 * let go; afterwards it takes away whatever is left. Both may sleep.
 */
public interface DrivenDevice {
  /** The function. */
  PciDevice device();

  /** Stops everything and gives up the function, which is still there. */
  void detach();

  /** Gives up a function that is gone: its registers read as all ones. */
  void removed();

  /**
   * Waits for an interrupt of the function, beside its driver, which has its own share of each. May
   * sleep.
   *
   * @param vector from 0 on
   * @param deadlineNanos of the kernel's clock
   * @return how many came since somebody asked last, or since the function is driven; 0 if the
   *     deadline passed, or the function left
   * @throws IommuException EINVAL if the driver lets the function have no such vector, or does not
   *     count interrupts
   */
  default long awaitInterrupt(int vector, long deadlineNanos) throws IommuException {
    throw new IommuException(Errno.EINVAL, device() + ": its driver does not count interrupts");
  }
}
