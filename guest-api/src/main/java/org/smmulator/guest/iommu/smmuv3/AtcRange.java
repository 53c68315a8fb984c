package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.vmsa.Descriptor;

/**
 * The addresses of one ATC invalidation: an aligned power-of-two number of 4 KiB pages, the
 * smallest such block that covers what is asked for (IHI 0070 4.5.1).
 *
 * @param sizeLog2 log2 of the number of pages; 52 is everything
 */
record AtcRange(long address, int sizeLog2) {
  static final AtcRange ALL = new AtcRange(0, CommandField.SIZE_ALL);

  /** The block around {@code [start, start + size)}; a size of 0 means everything. */
  static AtcRange covering(long start, long size) {
    if (size == 0) {
      return ALL;
    }
    long first = start >>> Descriptor.PAGE_SHIFT;
    long last = (start + size - 1) >>> Descriptor.PAGE_SHIFT;
    int log2 = Long.SIZE - Long.numberOfLeadingZeros(first ^ last);
    return log2 >= CommandField.SIZE_ALL
        ? ALL
        : new AtcRange((first >>> log2 << log2) << Descriptor.PAGE_SHIFT, log2);
  }
}
