package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.L1Std;
import org.smmulator.arch.structure.Ste;
import org.smmulator.guest.mm.FrameAllocator;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;

/**
 * The stream table (IHI 0070 3.3.1): linear for up to 8 bits of StreamID, else of 2 levels with 256
 * entries per leaf. Every entry that can be reached is valid; it aborts until a device is attached.
 */
final class StreamTable {
  private static final int SPLIT = 8;

  /** More stream IDs than 16 PCI segments have are cut off: the level 1 table grows with them. */
  private static final int MAX_BITS = 20;

  private static final long ABORTING = Ste.V.of(1) | Ste.CONFIG.of(Ste.CONFIG_ABORT);

  private final TableMemory memory;
  private final FrameAllocator frames;
  private final CommandQueue queue;
  private final int bits;
  private final boolean twoLevel;
  private final long base;
  private final Mutex lock;

  @Guarded(by = "lock")
  private final long[] leaves;

  StreamTable(
      Sched sched,
      TableMemory memory,
      FrameAllocator frames,
      CommandQueue queue,
      int streamIdBits) {
    this.memory = memory;
    this.frames = frames;
    this.queue = queue;
    this.bits = Math.min(streamIdBits, MAX_BITS);
    this.twoLevel = bits > SPLIT;
    this.lock = sched.mutex(LockOrder.STREAM_TABLE);
    this.leaves = new long[twoLevel ? 1 << (bits - SPLIT) : 0];
    this.base = twoLevel ? frames.allocateContiguous((long) L1Std.BYTES * leaves.length) : leaf();
  }

  /** Value of STRTAB_BASE. */
  long baseRegister() {
    return StrtabBase.ADDR.inPlace(base) | StrtabBase.RA.of(1);
  }

  /** Value of STRTAB_BASE_CFG. */
  long configRegister() {
    return StrtabBase.LOG2SIZE.of(bits)
        | (twoLevel ? StrtabBase.FMT.of(1) | StrtabBase.SPLIT.of(SPLIT) : 0);
  }

  boolean covers(int streamId) {
    return streamId >= 0 && streamId >>> bits == 0;
  }

  /** Physical address of a stream's entry, which can be reached on return. May sleep. */
  long entry(int streamId) {
    if (!twoLevel) {
      return base + (long) streamId * Ste.BYTES;
    }
    int index = streamId >>> SPLIT;
    lock.lock();
    try {
      if (leaves[index] == 0) {
        leaves[index] = leaf();
        long descriptor = L1Std.L2PTR.inPlace(leaves[index]) | L1Std.SPAN.of(SPLIT + 1);
        memory.store(base + (long) index * L1Std.BYTES, descriptor);
        // The SMMU may have cached the descriptor that said: nothing here.
        queue.run(new CommandBatch().cfgiSte(streamId, false));
      }
      return leaves[index] + (long) (streamId & ((1 << SPLIT) - 1)) * Ste.BYTES;
    } finally {
      lock.unlock();
    }
  }

  private long leaf() {
    int entries = 1 << Math.min(bits, SPLIT);
    long leaf = frames.allocateContiguous((long) entries * Ste.BYTES);
    for (int i = 0; i < entries; i++) {
      memory.store(leaf + (long) i * Ste.BYTES, ABORTING);
    }
    return leaf;
  }
}
