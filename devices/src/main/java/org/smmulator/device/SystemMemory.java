package org.smmulator.device;

import java.util.function.Consumer;

/**
 * The test device's side entrance: physical memory past the IOMMU, and what became of its posted
 * writes. A PCIe function has neither; whoever plugs the device in lends it both.
 */
public interface SystemMemory {
  /** What the side entrance says. */
  enum Answer {
    /** Every write arrived, and the bytes are read. */
    READ,
    /** A write of the function was refused since the last answer; nothing is read. */
    WRITE_REFUSED,
    /** There is no memory at the address. */
    NO_MEMORY
  }

  /**
   * Waits until everything that the function has sent is in memory, or refused, and then reads.
   *
   * @param then called once, on the model's BAR task
   */
  void readBack(long address, byte[] target, Consumer<Answer> then);
}
