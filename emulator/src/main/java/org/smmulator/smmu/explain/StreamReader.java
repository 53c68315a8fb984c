package org.smmulator.smmu.explain;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.arch.register.StrtabBase;
import org.smmulator.arch.structure.Ste;
import org.smmulator.smmu.config.Configuration;
import org.smmulator.smmu.config.StreamTableEntry;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.register.Registers;

/**
 * Reads stream table and context tables for show, as the SMMU itself would read them now. Its
 * caches, statistics and queues stay as they are. However large and wrong the tables are, the work
 * is bounded. On the hardware's thread.
 */
public final class StreamReader {
  private final SmmuFeatures features;
  private final Registers registers;
  private final PhysicalMemory memory;

  public StreamReader(SmmuFeatures features, Registers registers, PhysicalMemory memory) {
    this.features = features;
    this.registers = registers;
    this.memory = memory;
  }

  /** Where the stream table is, or what a disabled SMMU does, as a sentence. */
  public String streamTable() {
    if (!registers.smmuEnabled()) {
      return LookupRule.disabled(registers);
    }
    long cfg = registers.get(SmmuRegister.STRTAB_BASE_CFG);
    boolean linear = StrtabBase.FMT.get(cfg) == 0;
    return String.format(
        "stream table at 0x%x, LOG2SIZE=%d, %s",
        StrtabBase.ADDR.inPlace(registers.get(SmmuRegister.STRTAB_BASE)),
        StrtabBase.LOG2SIZE.get(cfg),
        linear ? "linear" : "2 levels, SPLIT=" + StrtabBase.SPLIT.get(cfg));
  }

  /**
   * What the tables say of a stream.
   *
   * @param mostShown valid CDs that are told of
   * @param mostReads L1CDs and CDs that are read; the rest of a larger table is not looked at
   */
  public StreamSnapshot read(int streamId, int mostShown, int mostReads) {
    if (!registers.smmuEnabled()) {
      return StreamSnapshot.of(null, null);
    }
    UncachedTranslation uncached = new UncachedTranslation(features, registers, memory, false);
    Configuration alone = uncached.configurations.findStream(streamId);
    StreamTableEntry entry = alone.stream();
    if (alone.action() == Configuration.Action.FAULT || entry == null) {
      return StreamSnapshot.of(entry, refusal(alone));
    }
    return entry.hasStage1()
        ? new ContextScan(uncached, streamId, entry, mostShown).run(mostReads)
        : StreamSnapshot.of(entry, null);
  }

  private static @Nullable String refusal(Configuration alone) {
    String why = LookupRule.of(alone);
    long address = alone.requireFault().fetchAddress();
    return address == 0 ? why : String.format("%s (0x%x)", why, address);
  }

  /** CDs of a 2-level table that one L1CD leads to, as a logarithm; of another one, all. */
  static int leafLog2(StreamTableEntry entry) {
    return switch (entry.hasSubstreams() ? entry.contextFormat() : Ste.S1FMT_LINEAR) {
      case Ste.S1FMT_4K_LEAF -> 6;
      case Ste.S1FMT_64K_LEAF -> 10;
      default -> Integer.SIZE;
    };
  }
}
