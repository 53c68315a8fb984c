package org.smmulator.smmu.config;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.L1Cd;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.SmmuFeatures;

/**
 * A stream's context descriptors in guest memory: one, a linear table, or two levels with leaves of
 * 4 KiB or 64 KiB (IHI 0070 3.3.2, 5.3).
 */
final class ContextTable {
  private static final int LEAF_4K_LOG2 = 6;
  private static final int LEAF_64K_LOG2 = 10;

  private final PhysicalMemory memory;
  private final SmmuFeatures features;

  ContextTable(PhysicalMemory memory, SmmuFeatures features) {
    this.memory = memory;
    this.features = features;
  }

  /** Configuration of a stream whose transactions use context {@code index} of its table. */
  Configuration read(StreamTableEntry stream, int index) {
    return switch (stream.hasSubstreams() ? stream.contextFormat() : Ste.S1FMT_LINEAR) {
      case Ste.S1FMT_4K_LEAF -> readTwoLevel(stream, index, LEAF_4K_LOG2);
      case Ste.S1FMT_64K_LEAF -> readTwoLevel(stream, index, LEAF_64K_LOG2);
      default -> {
        long table = stream.contextPointer() & -((long) Cd.BYTES << stream.contextsLog2());
        yield readDescriptor(stream, table + (long) index * Cd.BYTES);
      }
    };
  }

  private Configuration readTwoLevel(StreamTableEntry stream, int index, int leafLog2) {
    int tableLog2 = Math.max(6, stream.contextsLog2() - leafLog2 + 3);
    long table = stream.contextPointer() & -(1L << tableLog2);
    long address = table + (long) (index >>> leafLog2) * L1Cd.BYTES;
    long descriptor;
    try {
      descriptor = memory.load64(address);
    } catch (BusAbort abort) {
      return Configuration.cdFetchAborted(stream, address);
    }
    long leaf = L1Cd.L2PTR.inPlace(descriptor);
    if (!L1Cd.V.isSet(descriptor) || leaf >>> features.outputAddressBits() != 0) {
      return Configuration.fault(stream, EventType.C_BAD_SUBSTREAMID);
    }
    long leafBytes = (long) Cd.BYTES << leafLog2;
    long slot = index & ((1L << leafLog2) - 1);
    return readDescriptor(stream, (leaf & -leafBytes) + slot * Cd.BYTES);
  }

  private Configuration readDescriptor(StreamTableEntry stream, long address) {
    try {
      return Configuration.of(stream, ContextDescriptor.read(memory, address, features));
    } catch (BusAbort abort) {
      return Configuration.cdFetchAborted(stream, address);
    }
  }
}
