package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.alignDown;
import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.exceeds;
import static org.smmulator.smmu.oracle.Bits.inPlace;
import static org.smmulator.smmu.oracle.Bits.ones;

import org.smmulator.arch.port.BusAbort;

/** The way from a StreamID to a legal STE (IHI 0070 3.3.1, 5.1). */
final class ReferenceStreamTable {
  private final ReferenceMemory memory;
  private final RegisterValues registers;

  ReferenceStreamTable(ReferenceMemory memory, RegisterValues registers) {
    this.memory = memory;
    this.registers = registers;
  }

  StreamEntry lookup(int streamId) throws ExpectedFault {
    long sid = Integer.toUnsignedLong(streamId);
    int log2Size = (int) bits(registers.strtabBaseCfg(), 5, 0);
    if (exceeds(sid, Math.min(log2Size, registers.streamIdBits()))) {
      throw ExpectedFault.configuration(ExpectedFault.C_BAD_STREAMID);
    }
    boolean twoLevel = registers.twoLevelStreams() && bits(registers.strtabBaseCfg(), 17, 16) == 1;
    long at = twoLevel ? inSecondLevel(sid, log2Size) : inLinear(sid, log2Size);
    StreamEntry ste = new StreamEntry(fetchStructure(at));
    if (!isLegal(ste)) {
      throw ExpectedFault.configuration(ExpectedFault.C_BAD_STE);
    }
    return ste;
  }

  private long base() {
    return inPlace(registers.strtabBase(), bits(registers.aidr(), 3, 0) == 0 ? 47 : 51, 6);
  }

  private long inLinear(long sid, int log2Size) {
    return alignDown(base(), log2Size + 6) + sid * 64;
  }

  private long inSecondLevel(long sid, int log2Size) throws ExpectedFault {
    int split =
        switch ((int) bits(registers.strtabBaseCfg(), 10, 6)) {
          case 8 -> 8;
          case 10 -> 10;
          default -> 6;
        };
    long table = alignDown(base(), Math.max(5, log2Size - split + 2) + 1);
    long l1std = fetchWord(table + (sid >>> split) * 8);
    int span = (int) bits(l1std, 4, 0);
    long index = sid & ones(split);
    if (span == 0 || span > 11 || span > split + 1 || index >= 1L << (span - 1)) {
      throw ExpectedFault.configuration(ExpectedFault.C_BAD_STREAMID);
    }
    return alignDown(inPlace(l1std, 51, 6), 6 + span - 1) + index * 64;
  }

  private long fetchWord(long pa) throws ExpectedFault {
    try {
      checkReachable(pa);
      return memory.load(pa);
    } catch (BusAbort abort) {
      throw ExpectedFault.fetch(ExpectedFault.F_STE_FETCH, pa);
    }
  }

  private long[] fetchStructure(long pa) throws ExpectedFault {
    try {
      checkReachable(pa);
      return memory.loadStructure(pa);
    } catch (BusAbort abort) {
      throw ExpectedFault.fetch(ExpectedFault.F_STE_FETCH, pa);
    }
  }

  private void checkReachable(long pa) throws BusAbort {
    if (exceeds(pa, registers.outputBits())) {
      throw BusAbort.INSTANCE;
    }
  }

  /** Section 2.5, in its order. */
  private boolean isLegal(StreamEntry ste) {
    if (!ste.valid()) {
      return false;
    }
    if (ste.aborts()) {
      return true;
    }
    return stagesSupported(ste)
        && eatsIsLegal(ste)
        && (!strwInUse(ste) || !bit(ste.strw(), 0))
        && (!ste.stage1() || stage1IsLegal(ste))
        && (!ste.stage2() || stage2IsLegal(ste))
        && vmidIsLegal(ste);
  }

  private boolean stagesSupported(StreamEntry ste) {
    return (!ste.stage1() || registers.stage1Supported())
        && (!ste.stage2() || registers.stage2Supported());
  }

  private boolean eatsIsLegal(StreamEntry ste) {
    if (!registers.ats() || (!ste.stage1() && !ste.stage2())) {
      return true;
    }
    return switch (ste.eats()) {
      case 1 -> !(ste.s2Stalls() && ste.stage2());
      case 2 -> ste.stage1() && ste.stage2() && !ste.s2Stalls() && !registers.noSplitStageAts();
      default -> true;
    };
  }

  private boolean strwInUse(StreamEntry ste) {
    return ste.stage1() && !ste.stage2() && registers.hyp();
  }

  /** Section 2.4. */
  ReferenceStage1.Regime regime(StreamEntry ste) {
    if (!strwInUse(ste) || ste.strw() == 0) {
      return ReferenceStage1.Regime.EL1;
    }
    return registers.e2h() ? ReferenceStage1.Regime.EL2_E2H : ReferenceStage1.Regime.EL2;
  }

  private boolean stage1IsLegal(StreamEntry ste) {
    if (ste.s1StallDisabled() && registers.stallModel() != 0) {
      return false;
    }
    if (registers.substreamIdBits() != 0) {
      boolean tooMany = ste.s1CdMax() > registers.substreamIdBits();
      boolean twoLevel = ste.s1Fmt() != 0 && ste.s1CdMax() != 0;
      if (tooMany || (twoLevel && !registers.twoLevelCds())) {
        return false;
      }
    }
    return ste.stage2() || !exceeds(ste.s1ContextPtr(), registers.outputBits());
  }

  private boolean stage2IsLegal(StreamEntry ste) {
    boolean stallIsLegal =
        switch (registers.stallModel()) {
          case 1 -> !ste.s2Stalls();
          case 2 -> ste.s2Stalls();
          default -> true;
        };
    boolean updateIsLegal =
        switch (registers.httu()) {
          case 0 -> !ste.s2Ha() && !ste.s2Hd();
          case 1 -> !ste.s2Hd();
          default -> true;
        };
    return stallIsLegal
        && ste.s2Aa64()
        && registers.aarch64Tables()
        && updateIsLegal
        && registers.granuleSupported(ste.s2Granule())
        && s2TtbIsLegal(ste)
        && s2SizeIsLegal(ste)
        && s2StartIsLegal(ste)
        && registers.endianSupported(ste.s2BigEndian());
  }

  private boolean s2TtbIsLegal(StreamEntry ste) {
    int limit = Math.min(registers.effectiveSize(ste.s2Ps()), ste.s2Granule() == 16 ? 52 : 48);
    return !exceeds(ste.s2Ttb(), limit);
  }

  private boolean s2SizeIsLegal(StreamEntry ste) {
    boolean wide = ste.s2Granule() == 16;
    int least = Math.max(wide ? 12 : 16, 64 - registers.intermediateBits());
    int most = registers.smallTables() ? (wide ? 47 : 48) : 39;
    return ste.s2T0sz() >= least && ste.s2T0sz() <= most;
  }

  private boolean s2StartIsLegal(StreamEntry ste) {
    int granule = ste.s2Granule();
    int level = Vmsa.stage2StartLevel(granule, ste.s2Sl0(), registers.smallTables());
    if (level < 0) {
      return false;
    }
    int width = 64 - ste.s2T0sz() - Vmsa.shift(granule, level);
    int smallestOutput = granule == 12 && level == 0 ? 44 : granule == 14 && level == 1 ? 42 : 0;
    return width >= 1 && width <= granule - 3 + 4 && registers.outputBits() >= smallestOutput;
  }

  private boolean vmidIsLegal(StreamEntry ste) {
    boolean ignored =
        !registers.stage2Supported()
            || (!ste.stage1() && !ste.stage2())
            || regime(ste) != ReferenceStage1.Regime.EL1;
    return ignored || registers.vmid16() || ste.s2Vmid() <= 0xff;
  }
}
