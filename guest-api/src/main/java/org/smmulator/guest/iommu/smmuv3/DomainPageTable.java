package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.guest.iommu.DmaDirection;
import org.smmulator.guest.mm.FrameAllocator;

/**
 * A domain's own translation table: 4 levels, 4 KiB pages. Tables stay until the whole is freed.
 * The domain's lock guards it against other tasks; the SMMU reads at any time.
 */
final class DomainPageTable {
  private static final int LEAF_LEVEL = 3;

  private final TableMemory memory;
  private final FrameAllocator frames;
  private final long root;

  DomainPageTable(TableMemory memory, FrameAllocator frames) {
    this.memory = memory;
    this.frames = frames;
    this.root = frames.allocate();
  }

  long root() {
    return root;
  }

  /**
   * Makes the tables that a range of addresses needs.
   *
   * @throws org.smmulator.guest.mm.OutOfMemory without a frame for one
   */
  void prepare(long iova, long bytes) {
    for (long offset = 0; offset < bytes; offset += Descriptor.PAGE_BYTES) {
      leafEntry(iova + offset);
    }
  }

  /** Maps one page of a prepared range. */
  void map(long iova, long pa, DmaDirection direction) {
    memory.store(
        leafEntry(iova),
        pa
            | Descriptor.VALID
            | Descriptor.TABLE_OR_PAGE
            | Descriptor.AP_UNPRIVILEGED
            | (direction.deviceWrites() ? 0 : Descriptor.AP_READ_ONLY)
            | Descriptor.SH_INNER
            | Descriptor.AF
            | Descriptor.NG
            | Descriptor.PXN
            | Descriptor.UXN);
  }

  /** Removes the translation of one page of a prepared range. */
  void unmap(long iova) {
    memory.store(leafEntry(iova), 0);
  }

  private long leafEntry(long iova) {
    long table = root;
    for (int level = 0; level < LEAF_LEVEL; level++) {
      table = next(table + 8L * Descriptor.index(iova, level));
    }
    return table + 8L * Descriptor.index(iova, LEAF_LEVEL);
  }

  private long next(long entry) {
    long descriptor = memory.load(entry);
    if (!Descriptor.isValid(descriptor)) {
      descriptor = Descriptor.table(frames.allocate());
      memory.store(entry, descriptor);
    }
    return Descriptor.address(descriptor);
  }

  /** Frees all tables; no context descriptor points here any more. */
  void free() {
    free(root, 0);
  }

  private void free(long table, int level) {
    for (int i = 0; level < LEAF_LEVEL && i < Descriptor.ENTRIES; i++) {
      long descriptor = memory.load(table + 8L * i);
      if (Descriptor.isTable(descriptor)) {
        free(Descriptor.address(descriptor), level + 1);
      }
    }
    frames.put(table);
  }
}
