package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.alignDown;
import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.exceeds;
import static org.smmulator.smmu.oracle.Bits.inPlace;
import static org.smmulator.smmu.oracle.Bits.ones;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;

/** The way from an STE and a SubstreamID to a legal CD (IHI 0070 3.3.2, 5.3). */
final class ReferenceContexts {
  /** What {@link #choose} answers for a transaction that skips stage 1. */
  static final int SKIP_STAGE_1 = -1;

  private final ReferenceMemory memory;
  private final RegisterValues registers;
  private final StreamEntry ste;
  private final ReferenceStage1.Regime regime;
  private final @Nullable ReferenceStage2 stage2;

  ReferenceContexts(
      ReferenceMemory memory,
      RegisterValues registers,
      StreamEntry ste,
      ReferenceStage1.Regime regime,
      @Nullable ReferenceStage2 stage2) {
    this.memory = memory;
    this.registers = registers;
    this.ste = ste;
    this.regime = regime;
    this.stage2 = stage2;
  }

  /** Which CD a transaction uses (IHI 0070 5.2: S1DSS, S1CDMax). */
  int choose(ClientAccess access) throws ExpectedFault {
    boolean substreams = ste.stage1() && ste.s1CdMax() != 0 && registers.substreamIdBits() != 0;
    if (access.hasSubstream()) {
      if (!substreams || exceeds(access.substreamId(), ste.s1CdMax())) {
        throw ExpectedFault.configuration(ExpectedFault.C_BAD_SUBSTREAMID);
      }
      if (access.substreamId() == 0 && ste.s1Dss() == 2) {
        throw ExpectedFault.configuration(ExpectedFault.F_STREAM_DISABLED);
      }
      return access.substreamId();
    }
    if (!ste.stage1()) {
      return SKIP_STAGE_1;
    }
    if (!substreams || ste.s1Dss() == 2) {
      return 0;
    }
    if (ste.s1Dss() == 1) {
      return SKIP_STAGE_1;
    }
    throw ExpectedFault.configuration(ExpectedFault.F_STREAM_DISABLED);
  }

  ContextEntry fetch(int index) throws ExpectedFault {
    ContextEntry cd = new ContextEntry(read(locate(index)));
    if (!isLegal(cd)) {
      throw ExpectedFault.configuration(ExpectedFault.C_BAD_CD);
    }
    return cd;
  }

  /** Address of the CD: physical, or intermediate with stage 2 (IHI 0070 3.3.2). */
  private long locate(int index) throws ExpectedFault {
    if (ste.s1CdMax() == 0 || registers.substreamIdBits() == 0) {
      return ste.s1ContextPtr();
    }
    if (ste.s1Fmt() == 0) {
      return alignDown(ste.s1ContextPtr(), ste.s1CdMax() + 6) + index * 64L;
    }
    int split = ste.s1Fmt() == 1 ? 6 : 10;
    int l1Log2 = Math.max(0, ste.s1CdMax() - split);
    long l1Table = alignDown(ste.s1ContextPtr(), Math.max(6, l1Log2 + 3));
    long l1cd = readWord(l1Table + (index >>> split) * 8L);
    long l2Ptr = inPlace(l1cd, 51, 12);
    if (!bit(l1cd, 0) || exceeds(l2Ptr, registers.outputBits())) {
      throw ExpectedFault.configuration(ExpectedFault.C_BAD_SUBSTREAMID);
    }
    return alignDown(l2Ptr, split + 6) + (index & ones(split)) * 64;
  }

  private long readWord(long address) throws ExpectedFault {
    long pa = physical(address);
    try {
      return memory.load(pa);
    } catch (BusAbort abort) {
      throw ExpectedFault.fetch(ExpectedFault.F_CD_FETCH, pa);
    }
  }

  private long[] read(long address) throws ExpectedFault {
    long pa = physical(address);
    try {
      return memory.loadStructure(pa);
    } catch (BusAbort abort) {
      throw ExpectedFault.fetch(ExpectedFault.F_CD_FETCH, pa);
    }
  }

  private long physical(long address) throws ExpectedFault {
    if (stage2 != null) {
      return stage2.access(address, Attributes.STRUCTURE_READ, ExpectedFault.CLASS_CD).pa();
    }
    if (exceeds(address, registers.outputBits())) {
      throw ExpectedFault.fetch(ExpectedFault.F_CD_FETCH, address);
    }
    return address;
  }

  /** Section 3.4. */
  private boolean isLegal(ContextEntry cd) {
    return cd.valid()
        && stallIsLegal(cd)
        && cd.aa64()
        && registers.aarch64Tables()
        && (bothDisabled(cd) || registers.endianSupported(cd.bigEndian()))
        && updateIsLegal(cd)
        && (regime == ReferenceStage1.Regime.EL2 || registers.asid16() || cd.asid() <= 0xff)
        && halfIsLegal(cd, 0)
        && (regime == ReferenceStage1.Regime.EL2 || halfIsLegal(cd, 1));
  }

  private boolean bothDisabled(ContextEntry cd) {
    return regime != ReferenceStage1.Regime.EL2 && cd.epd(0) && cd.epd(1);
  }

  private boolean stallIsLegal(ContextEntry cd) {
    if ((ste.s1StallDisabled() && cd.stalls()) || (registers.abortOnly() && !cd.aborts())) {
      return false;
    }
    return switch (registers.stallModel()) {
      case 1 -> !cd.stalls();
      case 2 -> cd.stalls();
      default -> true;
    };
  }

  private boolean updateIsLegal(ContextEntry cd) {
    return switch (registers.httu()) {
      case 0 -> !cd.ha() && !cd.hd();
      case 1 -> !cd.hd();
      default -> true;
    };
  }

  private boolean halfIsLegal(ContextEntry cd, int half) {
    if (regime != ReferenceStage1.Regime.EL2 && cd.epd(half)) {
      return true;
    }
    int granule = cd.granule(half);
    boolean wide = granule == 16;
    int least = wide && registers.wideVirtualAddresses() ? 12 : 16;
    int most = registers.smallTables() ? (wide ? 47 : 48) : 39;
    int limit = Math.min(registers.effectiveSize(cd.ips()), wide ? 52 : 48);
    return registers.granuleSupported(granule)
        && cd.txsz(half) >= least
        && cd.txsz(half) <= most
        && !exceeds(cd.ttb(half), limit);
  }
}
