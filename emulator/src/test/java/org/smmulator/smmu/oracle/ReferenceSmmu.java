package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.exceeds;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * What the specification says about one access, from the registers and memory alone. Changes
 * neither: updates that hardware makes are part of the outcome.
 */
final class ReferenceSmmu {
  private final RegisterValues registers;
  private final ReferenceMemory memory;
  private final ReferenceStreamTable streams;
  private @Nullable StreamEntry ste;
  private @Nullable ContextEntry cd;

  ReferenceSmmu(RegisterValues registers, PhysicalMemory memory) {
    this.registers = registers;
    this.memory = new ReferenceMemory(memory);
    this.streams = new ReferenceStreamTable(this.memory, registers);
  }

  Outcome outcome(ClientAccess access) {
    return outcome(access, -1, 0, 0);
  }

  /**
   * The outcome if read number i of the word at {@code staleAt} still sees {@code old}, for each
   * bit i set in {@code oldReads}.
   */
  Outcome outcome(ClientAccess access, long staleAt, long old, long oldReads) {
    memory.begin(staleAt, old, oldReads);
    ste = null;
    cd = null;
    Outcome outcome =
        switch (access.kind()) {
          case UNTRANSLATED -> untranslated(access);
          case TRANSLATED -> translated(access);
          case TRANSLATION_REQUEST ->
              new ReferenceTranslationRequest(registers, memory, streams, access).firstPage();
        };
    return outcome.with(memory.updates());
  }

  /** How often the last outcome depended on the stale word. */
  int staleReads() {
    return memory.staleReads();
  }

  private Outcome untranslated(ClientAccess access) {
    if (!registers.enabled()) {
      boolean aborts = registers.globalAbort() || exceeds(access.address(), registers.outputBits());
      return aborts
          ? Outcome.stopped(Outcome.Kind.ABORT, null)
          : Outcome.translated(access.address(), 12);
    }
    Attributes effective = new Attributes(access.write(), access.privileged(), isFetch(access));
    try {
      StreamEntry entry = streams.lookup(access.streamId());
      ste = entry;
      if (entry.aborts()) {
        return Outcome.stopped(Outcome.Kind.ABORT, null);
      }
      effective = overridden(registers, entry, effective);
      return translate(access, entry, effective);
    } catch (ExpectedFault fault) {
      return faulted(access, effective, fault);
    }
  }

  private static boolean isFetch(ClientAccess access) {
    return access.instruction() && !access.write();
  }

  /** PRIVCFG and INSTCFG. */
  static Attributes overridden(RegisterValues registers, StreamEntry ste, Attributes incoming) {
    if (!registers.permissionOverrides()) {
      return incoming;
    }
    boolean privileged = ste.privCfg() < 2 ? incoming.privileged() : ste.privCfg() == 3;
    boolean instruction = ste.instCfg() < 2 ? incoming.instruction() : ste.instCfg() == 3;
    return new Attributes(incoming.write(), privileged, instruction && !incoming.write());
  }

  private Outcome translate(ClientAccess access, StreamEntry entry, Attributes wanted)
      throws ExpectedFault {
    ReferenceStage2 stage2 = entry.stage2() ? new ReferenceStage2(memory, registers, entry) : null;
    ReferenceStage1.Regime regime = streams.regime(entry);
    ReferenceContexts contexts = new ReferenceContexts(memory, registers, entry, regime, stage2);
    int index = contexts.choose(access);
    long ipa = access.address();
    int sizeLog2 = registers.outputBits();
    boolean had = false;
    if (index == ReferenceContexts.SKIP_STAGE_1) {
      int limit = entry.stage2() ? registers.intermediateBits() : registers.outputBits();
      if (exceeds(ipa, limit)) {
        throw ExpectedFault.bypass();
      }
    } else {
      ContextEntry context = contexts.fetch(index);
      cd = context;
      ReferenceStage1 stage1 = new ReferenceStage1(memory, registers, context, regime, stage2);
      ReferenceStage1.Leaf leaf = stage1.walk(access.address(), wanted.privileged());
      if (!stage1.permissions(leaf, wanted.privileged()).allow(wanted)) {
        throw ExpectedFault.stage1(ExpectedFault.F_PERMISSION)
            .because(stage1.refusal(leaf, wanted));
      }
      had = stage1.permittedByHad(leaf, wanted);
      stage1.update(leaf, wanted.write());
      ipa = leaf.output();
      sizeLog2 = leaf.sizeLog2();
    }
    if (stage2 != null) {
      ReferenceStage2.Leaf leaf = stage2.access(ipa, wanted, ExpectedFault.CLASS_IN);
      ipa = leaf.pa();
      sizeLog2 = Math.min(sizeLog2, leaf.sizeLog2());
    }
    Outcome outcome = Outcome.translated(ipa, sizeLog2);
    return had ? outcome.because("HAD") : outcome;
  }

  /** Section 8.4. */
  private Outcome translated(ClientAccess access) {
    if (!registers.enabled()) {
      return forbidden(access);
    }
    if (!registers.atsChecked()) {
      return physical(access);
    }
    StreamEntry entry;
    try {
      entry = streams.lookup(access.streamId());
    } catch (ExpectedFault fault) {
      return Outcome.stopped(
          Outcome.Kind.ABORT,
          registers.recordsConfigurationOfAts() ? record(access, fault) : null,
          fault);
    }
    ste = entry;
    if (entry.aborts()) {
      return Outcome.stopped(Outcome.Kind.ABORT, null);
    }
    return switch (effectiveEats(registers, entry)) {
      case 1 -> physical(access);
      case 2 -> splitStage(access, entry);
      default -> forbidden(access);
    };
  }

  /** Section 8.1. */
  static int effectiveEats(RegisterValues registers, StreamEntry ste) {
    if (!registers.ats() || (!ste.stage1() && !ste.stage2())) {
      return 0;
    }
    return switch (ste.eats()) {
      case 1 -> 1;
      case 2 -> registers.atsChecked() ? 2 : 0;
      default -> 0;
    };
  }

  private Outcome physical(ClientAccess access) {
    return exceeds(access.address(), registers.outputBits())
        ? Outcome.stopped(Outcome.Kind.ABORT, null)
        : Outcome.translated(access.address(), 12);
  }

  private static Outcome forbidden(ClientAccess access) {
    return Outcome.stopped(Outcome.Kind.ABORT, ExpectedRecords.translationForbidden(access));
  }

  private Outcome splitStage(ClientAccess access, StreamEntry entry) {
    // IHI 0070 13.7: the overrides of the stream count for split-stage Translated transactions.
    Attributes wanted = overridden(registers, entry, new Attributes(access.write(), false, false));
    try {
      if (exceeds(access.address(), registers.intermediateBits())) {
        throw ExpectedFault.bypass();
      }
      ReferenceStage2.Leaf leaf =
          new ReferenceStage2(memory, registers, entry)
              .access(access.address(), wanted, ExpectedFault.CLASS_IN);
      return Outcome.translated(leaf.pa(), leaf.sizeLog2());
    } catch (ExpectedFault fault) {
      return faulted(access, wanted, fault);
    }
  }

  private EventRecord record(ClientAccess access, ExpectedFault fault) {
    return ExpectedRecords.of(
        registers, access, new Attributes(access.write(), false, false), fault, false);
  }

  /** How a faulting transaction ends: IHI 0070 7.3, and 3.12.1. */
  private Outcome faulted(ClientAccess access, Attributes effective, ExpectedFault fault) {
    boolean recorded = true;
    Outcome.Kind kind = Outcome.Kind.ABORT;
    if (fault.type == ExpectedFault.C_BAD_STREAMID) {
      recorded = registers.recordsInvalidStreamIds();
    } else if (fault.ofTranslation() && !fault.ofBypass) {
      boolean stalls = stalls(fault);
      if (stalls && access.mayStall()) {
        kind = Outcome.Kind.STALL;
      } else if (!stalls) {
        recorded = records(fault);
        kind = aborts(fault) ? Outcome.Kind.ABORT : Outcome.Kind.RAZ_WI;
      }
    }
    boolean stall = kind == Outcome.Kind.STALL;
    return Outcome.stopped(
        kind,
        recorded ? ExpectedRecords.of(registers, access, effective, fault, stall) : null,
        fault);
  }

  private boolean stalls(ExpectedFault fault) {
    return fault.stage2 ? ste != null && ste.s2Stalls() : cd != null && cd.stalls();
  }

  private boolean records(ExpectedFault fault) {
    return fault.stage2 ? ste != null && ste.s2Records() : cd != null && cd.records();
  }

  private boolean aborts(ExpectedFault fault) {
    return fault.stage2 || cd == null || cd.aborts();
  }
}
