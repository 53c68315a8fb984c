package org.smmulator.smmu.config;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.L1Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.tlb.TlbSpaces;

/**
 * A stream's context descriptors in guest memory: one, a linear table, or two levels with leaves of
 * 4 KiB or 64 KiB (IHI 0070 3.3.2, 5.3).
 */
final class ContextTable {
  private static final int LEAF_4K_LOG2 = 6;
  private static final int LEAF_64K_LOG2 = 10;

  private static final long FAULTED = -1;

  private final PhysicalMemory memory;
  private final IntermediateAddresses intermediate;
  private final TlbSpaces spaces;
  private final SmmuFeatures features;
  private final Refusals refusals;

  /** Descriptors by {StreamID, index}. */
  private final Level1Cache level1;

  ContextTable(
      PhysicalMemory memory,
      IntermediateAddresses intermediate,
      TlbSpaces spaces,
      SmmuFeatures features,
      Refusals refusals) {
    this.memory = memory;
    this.intermediate = intermediate;
    this.spaces = spaces;
    this.features = features;
    this.refusals = refusals;
    this.level1 = new Level1Cache(features.caches().configurationEntries());
  }

  /** Configuration of a stream whose transactions use context {@code index} of its table. */
  Configuration read(int streamId, StreamTableEntry stream, int index) {
    return switch (stream.hasSubstreams() ? stream.contextFormat() : Ste.S1FMT_LINEAR) {
      case Ste.S1FMT_4K_LEAF -> readTwoLevel(streamId, stream, index, LEAF_4K_LOG2);
      case Ste.S1FMT_64K_LEAF -> readTwoLevel(streamId, stream, index, LEAF_64K_LOG2);
      default -> {
        long table = stream.contextPointer() & -((long) Cd.BYTES << stream.contextsLog2());
        yield readDescriptor(stream, table + (long) index * Cd.BYTES);
      }
    };
  }

  private Configuration readTwoLevel(
      int streamId, StreamTableEntry stream, int index, int leafLog2) {
    int entry = index >>> leafLog2;
    if (!level1.has(streamId, entry)) {
      int tableLog2 = Math.max(6, stream.contextsLog2() - leafLog2 + 3);
      long table = stream.contextPointer() & -(1L << tableLog2);
      long address = locate(stream, table + (long) entry * L1Cd.BYTES);
      if (address == FAULTED) {
        return refusals.of(stream, intermediate.fault());
      }
      try {
        level1.put(streamId, entry, memory.load64(address));
      } catch (BusAbort abort) {
        return refusals.ofFetch(stream, EventType.F_CD_FETCH, address);
      }
    }
    long descriptor = level1.get(streamId, entry);
    long leaf = L1Cd.L2PTR.inPlace(descriptor);
    if (!L1Cd.V.isSet(descriptor) || leaf >>> features.outputAddressBits() != 0) {
      return refusals.of(stream, EventType.C_BAD_SUBSTREAMID);
    }
    long leafBytes = (long) Cd.BYTES << leafLog2;
    long slot = index & ((1L << leafLog2) - 1);
    return readDescriptor(stream, (leaf & -leafBytes) + slot * Cd.BYTES);
  }

  private Configuration readDescriptor(StreamTableEntry stream, long ipa) {
    long address = locate(stream, ipa);
    if (address == FAULTED) {
      return refusals.of(stream, intermediate.fault());
    }
    try {
      return Configuration.of(
          stream, ContextDescriptor.read(memory, address, stream, spaces, features));
    } catch (BusAbort abort) {
      return refusals.ofFetch(stream, EventType.F_CD_FETCH, address);
    }
  }

  /** Drops the level 1 descriptor that leads to a context of a stream. */
  void invalidateLevel1(int streamId, int index) {
    level1.remove(streamId, index >>> LEAF_4K_LOG2);
    level1.remove(streamId, index >>> LEAF_64K_LOG2);
  }

  /** Drops all level 1 descriptors of the aligned 2^{@code spanLog2} streams. */
  void invalidateLevel1Of(int streamId, int spanLog2) {
    level1.removeOwners(streamId, spanLog2);
  }

  /** With stage 2 the pointers are intermediate addresses. */
  private long locate(StreamTableEntry stream, long address) {
    Stage2Context stage2 = stream.stage2();
    return stage2 == null ? address : intermediate.ofContext(stage2, address);
  }
}
