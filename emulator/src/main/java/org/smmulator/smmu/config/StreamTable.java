package org.smmulator.smmu.config;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.L1Std;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.register.Registers;

/** The stream table in guest memory, linear or of two levels (IHI 0070 3.3.1). */
final class StreamTable {
  private static final int FMT_2LEVEL = 1;

  private final PhysicalMemory memory;
  private final Registers registers;
  private final SmmuFeatures features;

  StreamTable(PhysicalMemory memory, Registers registers, SmmuFeatures features) {
    this.memory = memory;
    this.registers = registers;
    this.features = features;
  }

  /** What the table says about a stream. */
  Configuration read(int streamId) {
    long sid = Integer.toUnsignedLong(streamId);
    long cfg = registers.get(SmmuRegister.STRTAB_BASE_CFG);
    int log2Size = StrtabBase.LOG2SIZE.getInt(cfg);
    if (sid >>> Math.min(log2Size, features.streamIdBits()) != 0) {
      return Configuration.badStreamId();
    }
    return StrtabBase.FMT.getInt(cfg) == FMT_2LEVEL
        ? readTwoLevel(sid, log2Size, split(cfg))
        : readEntry(base(log2Size + 6) + sid * Ste.BYTES);
  }

  private Configuration readTwoLevel(long sid, int log2Size, int split) {
    long address = base(Math.max(6, log2Size - split + 3)) + (sid >>> split) * L1Std.BYTES;
    long descriptor;
    try {
      descriptor = memory.load64(address);
    } catch (BusAbort abort) {
      return Configuration.steFetchAborted(address);
    }
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
      return Configuration.of(StreamTableEntry.read(memory, address, features));
    } catch (BusAbort abort) {
      return Configuration.steFetchAborted(address);
    }
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
