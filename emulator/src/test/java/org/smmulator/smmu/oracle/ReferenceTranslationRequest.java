package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.alignDown;
import static org.smmulator.smmu.oracle.Bits.exceeds;

import org.jspecify.annotations.Nullable;

/** The answer to the first page of one ATS translation request (sections 8.2 and 8.3). */
final class ReferenceTranslationRequest {
  private final RegisterValues registers;
  private final ReferenceMemory memory;
  private final ReferenceStreamTable streams;
  private final ClientAccess access;

  ReferenceTranslationRequest(
      RegisterValues registers,
      ReferenceMemory memory,
      ReferenceStreamTable streams,
      ClientAccess access) {
    this.registers = registers;
    this.memory = memory;
    this.streams = streams;
    this.access = access;
  }

  Outcome firstPage() {
    if (!registers.enabled()) {
      return unsupported();
    }
    // Without a PASID a request is for unprivileged data, whatever its flags say.
    boolean pasid = access.hasSubstream();
    Attributes effective =
        new Attributes(access.write(), pasid && access.privileged(), pasid && access.instruction());
    try {
      StreamEntry ste = streams.lookup(access.streamId());
      if (ste.aborts()) {
        return Outcome.stopped(Outcome.Kind.UNSUPPORTED_REQUEST, null);
      }
      int eats = ReferenceSmmu.effectiveEats(registers, ste);
      if (eats == 0) {
        return unsupported();
      }
      effective = ReferenceSmmu.overridden(registers, ste, effective);
      return translate(ste, effective.privileged(), eats == 2);
    } catch (ExpectedFault fault) {
      return fault.ofTranslation()
          ? Outcome.stopped(Outcome.Kind.NOTHING_GRANTED, null, fault)
          : aborted(effective, fault);
    }
  }

  private Outcome unsupported() {
    return Outcome.stopped(
        Outcome.Kind.UNSUPPORTED_REQUEST, ExpectedRecords.badTranslationRequest(access));
  }

  private Outcome aborted(Attributes effective, ExpectedFault fault) {
    boolean recorded =
        registers.recordsConfigurationOfAts()
            && (fault.type != ExpectedFault.C_BAD_STREAMID || registers.recordsInvalidStreamIds());
    return Outcome.stopped(
        Outcome.Kind.COMPLETER_ABORT,
        recorded ? ExpectedRecords.of(registers, access, effective, fault, false) : null,
        fault);
  }

  private Outcome translate(StreamEntry ste, boolean privileged, boolean split)
      throws ExpectedFault {
    ReferenceStage2 stage2 = ste.stage2() ? new ReferenceStage2(memory, registers, ste) : null;
    ReferenceStage1.Regime regime = streams.regime(ste);
    ReferenceContexts contexts = new ReferenceContexts(memory, registers, ste, regime, stage2);
    int index = contexts.choose(access);
    ReferenceStage1 stage1 = null;
    ReferenceStage1.Leaf leaf1 = null;
    PageGrants permissions = PageGrants.ALL;
    long ipa = access.address();
    if (index == ReferenceContexts.SKIP_STAGE_1) {
      if (exceeds(ipa, registers.outputBits())) {
        throw ExpectedFault.bypass();
      }
    } else {
      stage1 = new ReferenceStage1(memory, registers, contexts.fetch(index), regime, stage2);
      leaf1 = stage1.walk(access.address(), privileged);
      permissions = stage1.permissions(leaf1, privileged);
      ipa = leaf1.output();
    }
    ReferenceStage2.Leaf leaf2 = null;
    if (stage2 != null && flags(ste, permissions) != 0) {
      leaf2 = stage2.walk(ipa, ExpectedFault.CLASS_IN);
      permissions = permissions.and(stage2.permissions(leaf2, privileged));
    }
    int flags = flags(ste, permissions);
    // IHI 0070 13.6.4: R and W without a look at NW.
    flags |= stage1 == null && stage2 == null ? Outcome.READ | Outcome.WRITE : 0;
    if (flags == 0) {
      return Outcome.stopped(Outcome.Kind.NOTHING_GRANTED, null);
    }
    boolean written = (flags & Outcome.WRITE) != 0;
    if (stage1 != null && leaf1 != null) {
      stage1.update(leaf1, written);
    }
    if (stage2 != null && leaf2 != null) {
      stage2.update(leaf2, written);
    }
    return granted(flags, leaf1, ipa, leaf2, split);
  }

  /** R, W and Exe; 0 if nothing is granted. */
  private int flags(StreamEntry ste, PageGrants permissions) {
    boolean executeWanted = access.hasSubstream() && access.instruction();
    int override = registers.permissionOverrides() ? ste.instCfg() : 0;
    boolean read = override == 3 ? permissions.execute() : permissions.read();
    boolean execute = executeWanted && read && (override == 2 || permissions.execute());
    boolean write = access.write() && permissions.write();
    return (read ? Outcome.READ : 0)
        | (write ? Outcome.WRITE : 0)
        | (execute ? Outcome.EXECUTE : 0);
  }

  private Outcome granted(
      int flags,
      ReferenceStage1.@Nullable Leaf leaf1,
      long ipa,
      ReferenceStage2.@Nullable Leaf leaf2,
      boolean split) {
    int size1 = leaf1 == null ? registers.outputBits() : leaf1.sizeLog2();
    int size2 = leaf2 == null ? registers.outputBits() : leaf2.sizeLog2();
    long output = leaf2 == null || split ? ipa : leaf2.pa();
    boolean echo = access.hasSubstream() && access.privileged();
    return Outcome.granted(
        alignDown(output, 12), flags | (echo ? Outcome.PRIVILEGED : 0), Math.min(size1, size2));
  }
}
