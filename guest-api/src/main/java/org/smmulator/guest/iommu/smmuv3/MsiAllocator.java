package org.smmulator.guest.iommu.smmuv3;

/** Where a driver gets message-signalled interrupts from. */
public interface MsiAllocator {
  /**
   * Takes a free interrupt number and connects its handler.
   *
   * @param handler called on the hardware's thread: it may wake a task and must not wait
   * @return the interrupt number: the data of the message that raises it
   */
  int allocate(Runnable handler);
}
