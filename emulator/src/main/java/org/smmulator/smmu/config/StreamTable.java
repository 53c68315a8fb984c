package org.smmulator.smmu.config;

import org.smmulator.arch.event.EventType;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.L1Std;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.Registers;
import org.smmulator.smmu.tlb.TlbSpaces;

/** The stream table in guest memory, linear or of two levels (IHI 0070 3.3.1). */
final class StreamTable {
  private static final int FMT_2LEVEL = 1;
  private static final int ONLY_TABLE = 0;

  private final PhysicalMemory memory;
  private final Registers registers;
  private final TlbSpaces spaces;
  private final SmmuFeatures features;
  private final Refusals refusals;

  /** Descriptors by index alone; there is one table. */
  private final Level1Cache level1;

  StreamTable(
      PhysicalMemory memory,
      Registers registers,
      TlbSpaces spaces,
      SmmuFeatures features,
      Refusals refusals) {
    this.memory = memory;
    this.registers = registers;
    this.spaces = spaces;
    this.features = features;
    this.refusals = refusals;
    this.level1 = new Level1Cache(features.caches().configurationEntries());
  }

  /** What the table says about a stream. */
  Configuration read(int streamId) {
    long sid = Integer.toUnsignedLong(streamId);
    long cfg = registers.get(SmmuRegister.STRTAB_BASE_CFG);
    int log2Size = StrtabBase.LOG2SIZE.getInt(cfg);
    if (sid >>> Math.min(log2Size, features.streamIdBits()) != 0) {
      return Configuration.badStreamId();
    }
    return StrtabBase.FMT.getInt(cfg) == FMT_2LEVEL && features.has(Feature.TWO_LEVEL_STREAM_TABLE)
        ? readTwoLevel(sid, log2Size, split(cfg))
        : readEntry(base(log2Size + 6) + sid * Ste.BYTES);
  }

  private Configuration readTwoLevel(long sid, int log2Size, int split) {
    int entry = (int) (sid >>> split);
    if (!level1.has(ONLY_TABLE, entry)) {
      long address = base(Math.max(6, log2Size - split + 3)) + (sid >>> split) * L1Std.BYTES;
      try {
        level1.put(ONLY_TABLE, entry, memory.load64(address));
      } catch (BusAbort abort) {
        return refusals.ofFetch(null, EventType.F_STE_FETCH, address);
      }
    }
    long descriptor = level1.get(ONLY_TABLE, entry);
    int span = L1Std.SPAN.getInt(descriptor);
    long index = sid & ((1L << split) - 1);
    if (span == 0 || span > split + 1 || index >>> (span - 1) != 0) {
      return Configuration.badStreamId();
    }
    long array = L1Std.L2PTR.inPlace(descriptor) & -((long) Ste.BYTES << (span - 1));
    return readEntry(array + index * Ste.BYTES);
  }

  private Configuration readEntry(long address) {
    try {
      return Configuration.of(
          StreamTableEntry.read(memory, address, spaces, registers.hostExtensions(), features));
    } catch (BusAbort abort) {
      return refusals.ofFetch(null, EventType.F_STE_FETCH, address);
    }
  }

  /** Drops the level 1 descriptor that leads to a stream. */
  void invalidateLevel1(int streamId) {
    int split = split(registers.get(SmmuRegister.STRTAB_BASE_CFG));
    level1.remove(ONLY_TABLE, (int) (Integer.toUnsignedLong(streamId) >>> split));
  }

  void invalidateLevel1() {
    level1.clear();
  }

  private long base(int alignLog2) {
    long address = StrtabBase.ADDR.inPlace(registers.get(SmmuRegister.STRTAB_BASE));
    return alignLog2 >= Long.SIZE ? 0 : address & -(1L << alignLog2);
  }

  private static int split(long cfg) {
    int split = StrtabBase.SPLIT.getInt(cfg);
    return split == 8 || split == 10 ? split : 6;
  }
}
