package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * Guest memory that holds the driver's own tables and queues. It came from the frame allocator, so
 * an access that aborts is a broken invariant.
 */
final class TableMemory {
  private final PhysicalMemory memory;

  TableMemory(PhysicalMemory memory) {
    this.memory = memory;
  }

  long load(long pa) {
    try {
      return memory.load64(pa);
    } catch (BusAbort abort) {
      throw lost(pa, abort);
    }
  }

  /** A release store: everything stored before is visible to whoever sees it. */
  void store(long pa, long value) {
    try {
      memory.store64(pa, value);
    } catch (BusAbort abort) {
      throw lost(pa, abort);
    }
  }

  private static IllegalStateException lost(long pa, BusAbort abort) {
    return new IllegalStateException(
        "no memory at 0x%x, which a table of the SMMU occupies".formatted(pa), abort);
  }
}
