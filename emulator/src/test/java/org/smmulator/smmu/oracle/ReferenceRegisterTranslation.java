package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.exceeds;
import static org.smmulator.smmu.oracle.Bits.inPlace;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PhysicalMemory;

/** Translation by the GATOS registers (IHI 0070 9), from registers and memory alone. */
final class ReferenceRegisterTranslation {
  private static final int INV_REQ = 0xff;
  private static final int INV_STAGE = 0xfe;
  private static final int STAGE1 = 1;
  private static final int STAGE2 = 2;

  private final RegisterValues registers;
  private final ReferenceMemory memory;
  private final ReferenceStreamTable streams;

  ReferenceRegisterTranslation(RegisterValues registers, PhysicalMemory memory) {
    this.registers = registers;
    this.memory = new ReferenceMemory(memory);
    this.streams = new ReferenceStreamTable(this.memory, registers);
  }

  /**
   * What software asks for; only substream, address, direction, privilege and instruction of the
   * access count.
   *
   * @param type 1 stage 1, 2 stage 2, 3 both
   */
  record Request(ClientAccess access, int type) {
    boolean stage1() {
      return (type & STAGE1) != 0;
    }

    boolean stage2() {
      return (type & STAGE2) != 0;
    }
  }

  /**
   * What GATOS_PAR shall say.
   *
   * @param par of a fault: the register; else the address
   * @param sizeLog2 of a success: largest region that it may speak for
   * @param ofUpdate of a fault: whether hardware's own update of a descriptor is refused
   */
  record Result(
      boolean fault, long par, int sizeLog2, boolean ofUpdate, List<Outcome.Update> updates) {}

  Result result(Request asked) {
    memory.begin(-1, 0, 0);
    Request request = new Request(ofRegister(asked.access), asked.type);
    boolean possible =
        request.type != 0
            && (!request.stage1() || registers.stage1Supported())
            && (!request.stage2() || registers.stage2Supported())
            && (request.stage1() || !request.access.hasSubstream());
    if (!possible) {
      return fault(INV_REQ, 0, 0, false);
    }
    StreamEntry ste;
    try {
      ste = streams.lookup(request.access.streamId());
    } catch (ExpectedFault fault) {
      // IHI 0070 9.1.4: all of a request for stage 2 alone but a stage 1 size has REASON 0b11.
      return fault(fault.type, request.stage1() ? 0 : 3, 0, false);
    }
    if ((request.stage1() && !ste.stage1()) || (request.stage2() && !ste.stage2())) {
      return fault(INV_STAGE, 0, 0, false);
    }
    ReferenceStage2 stage2 = ste.stage2() ? new ReferenceStage2(memory, registers, ste) : null;
    try {
      return translate(request, ste, stage2);
    } catch (ExpectedFault fault) {
      return faulted(request, fault);
    }
  }

  /** IHI 0070 6.3.38: identifiers have no bits that the SMMU does not have. */
  private ClientAccess ofRegister(ClientAccess access) {
    long streams = (1L << registers.streamIdBits()) - 1;
    int substream =
        registers.substreamIdBits() == 0 || !access.hasSubstream()
            ? ClientAccess.NO_SUBSTREAM
            : access.substreamId() & ((1 << registers.substreamIdBits()) - 1);
    return new ClientAccess(
        access.kind(),
        (int) (access.streamId() & streams),
        substream,
        access.address(),
        access.write(),
        access.privileged(),
        access.instruction(),
        access.pages(),
        access.mayStall());
  }

  private Result translate(Request request, StreamEntry ste, @Nullable ReferenceStage2 stage2)
      throws ExpectedFault {
    ClientAccess access = request.access;
    Attributes wanted =
        new Attributes(
            access.write(), access.privileged(), access.instruction() && !access.write());
    long address = access.address();
    int sizeLog2 = 64;
    if (request.stage1()) {
      ReferenceStage1.Regime regime = streams.regime(ste);
      ReferenceContexts contexts = new ReferenceContexts(memory, registers, ste, regime, stage2);
      int index = contexts.choose(access);
      if (index == ReferenceContexts.SKIP_STAGE_1) {
        checkIntermediate(address);
      } else {
        ReferenceStage1 stage1 =
            new ReferenceStage1(memory, registers, contexts.fetch(index), regime, stage2);
        ReferenceStage1.Leaf leaf = stage1.walk(address, wanted.privileged());
        if (!stage1.permissions(leaf, wanted.privileged()).allow(wanted)) {
          throw ExpectedFault.stage1(ExpectedFault.F_PERMISSION);
        }
        stage1.update(leaf, wanted.write());
        address = leaf.output();
        sizeLog2 = leaf.sizeLog2();
      }
    } else {
      checkIntermediate(address);
    }
    if (request.stage2() && stage2 != null) {
      ReferenceStage2.Leaf leaf = stage2.access(address, wanted, ExpectedFault.CLASS_IN);
      address = leaf.pa();
      sizeLog2 = Math.min(sizeLog2, leaf.sizeLog2());
    }
    return new Result(false, address, sizeLog2, false, memory.updates());
  }

  private void checkIntermediate(long address) throws ExpectedFault {
    if (exceeds(address, registers.intermediateBits())) {
      throw ExpectedFault.bypass();
    }
  }

  /** Whoever asks for stage 1 alone sees faults of stage 2 as failed fetches. */
  private Result faulted(Request request, ExpectedFault fault) {
    if (!fault.stage2) {
      return fault(fault.type, 0, 0, false);
    }
    if (!request.stage2()) {
      boolean ofCd = fault.eventClass == ExpectedFault.CLASS_CD;
      return fault(
          ofCd ? ExpectedFault.F_CD_FETCH : ExpectedFault.F_WALK_EABT, 0, 0, fault.descriptorWrite);
    }
    // IHI 0070 6.3.40: an address has no bits above the output size.
    long known = (1L << registers.outputBits()) - 1;
    long ipa = request.stage1() && fault.ofTranslation() ? fault.ipa & known : 0;
    return fault(fault.type, fault.eventClass + 1, ipa, fault.descriptorWrite);
  }

  private Result fault(int code, int reason, long ipa, boolean ofUpdate) {
    long par = 1 | ((long) reason << 1) | ((long) code << 4) | inPlace(ipa, 55, 12);
    return new Result(true, par, 0, ofUpdate, memory.updates());
  }
}
