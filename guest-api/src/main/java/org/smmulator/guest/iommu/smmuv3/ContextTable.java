package org.smmulator.guest.iommu.smmuv3;

import java.util.Arrays;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.L1Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * The PASID table of one domain (IHI 0070 3.3.2, 5.3): linear for up to 1024 contexts, else of 2
 * levels with leaves of 64 KiB. A leaf, once there, stays as long as the table.
 */
final class ContextTable {
  /** log2 of the contexts of a linear table and of a leaf. */
  static final int LEAF_BITS = 10;

  private static final long LEAF_BYTES = (long) Cd.BYTES << LEAF_BITS;

  private final TableMemory memory;
  private final FrameAllocator frames;
  private final int bits;
  private final boolean twoLevel;
  private final long bytes;
  private final long base;
  private final SpinLock lock;

  @Guarded(by = "lock")
  private final long[] leaves;

  ContextTable(Sched sched, TableMemory memory, FrameAllocator frames, int bits) {
    this.memory = memory;
    this.frames = frames;
    this.bits = bits;
    this.twoLevel = bits > LEAF_BITS;
    this.lock = sched.spinLock(LockOrder.CONTEXT_TABLE);
    this.leaves = new long[twoLevel ? 1 << (bits - LEAF_BITS) : 0];
    this.bytes = twoLevel ? (long) L1Cd.BYTES * leaves.length : (long) Cd.BYTES << bits;
    this.base = frames.allocateContiguous(bytes);
  }

  /** Adds the fields of a stream table entry that describe this table. */
  void describe(EntryWriter ste) {
    ste.set(Ste.S1FMT, twoLevel ? Ste.S1FMT_64K_LEAF : Ste.S1FMT_LINEAR)
        .set(Ste.S1CDMAX, bits)
        .setInPlace(Ste.S1CONTEXTPTR, base);
  }

  boolean covers(int substreamId) {
    return substreamId >= 0 && substreamId >>> bits == 0;
  }

  /**
   * Physical address of a descriptor. A leaf may be new, so the first invalidation that follows has
   * to reach the level 1 descriptor too. Atomic.
   */
  long descriptor(int substreamId) {
    if (!twoLevel) {
      return base + (long) substreamId * Cd.BYTES;
    }
    int index = substreamId >>> LEAF_BITS;
    lock.lock();
    try {
      if (leaves[index] == 0) {
        leaves[index] = frames.allocateContiguous(LEAF_BYTES);
        memory.store(
            base + (long) index * L1Cd.BYTES, L1Cd.V.of(1) | L1Cd.L2PTR.inPlace(leaves[index]));
      }
      return inLeafLocked(substreamId);
    } finally {
      lock.unlock();
    }
  }

  /** Physical address of a descriptor; 0 if there never was one, and so nothing to clear. */
  long existing(int substreamId) {
    if (!covers(substreamId)) {
      return 0;
    }
    if (!twoLevel) {
      return descriptor(substreamId);
    }
    lock.lock();
    try {
      return leaves[substreamId >>> LEAF_BITS] == 0 ? 0 : inLeafLocked(substreamId);
    } finally {
      lock.unlock();
    }
  }

  private long inLeafLocked(int substreamId) {
    return leaves[substreamId >>> LEAF_BITS] + (substreamId & ((1L << LEAF_BITS) - 1)) * Cd.BYTES;
  }

  /** Frees the memory; no stream table entry points here any more. */
  void free() {
    lock.lock();
    try {
      for (long leaf : leaves) {
        if (leaf != 0) {
          frames.freeContiguous(leaf, LEAF_BYTES);
        }
      }
      Arrays.fill(leaves, 0);
    } finally {
      lock.unlock();
    }
    frames.freeContiguous(base, bytes);
  }
}
