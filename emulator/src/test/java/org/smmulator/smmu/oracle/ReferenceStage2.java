package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.exceeds;
import static org.smmulator.smmu.oracle.Bits.ones;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;

/** Stage 2 of one STE (DDI 0487 D8): from intermediate to physical addresses. */
final class ReferenceStage2 {
  private final ReferenceMemory memory;
  private final RegisterValues registers;
  private final StreamEntry ste;
  private final int granule;
  private final int outputBits;

  ReferenceStage2(ReferenceMemory memory, RegisterValues registers, StreamEntry ste) {
    this.memory = memory;
    this.registers = registers;
    this.ste = ste;
    granule = ste.s2Granule();
    outputBits = registers.effectiveSize(ste.s2Ps());
  }

  /** A page or block that an address led to. */
  record Leaf(long ipa, long descriptorPa, long descriptor, long base, int sizeLog2) {
    long pa() {
      return base | (ipa & ones(sizeLog2));
    }
  }

  /** The physical address for an access with these attributes. */
  Leaf access(long ipa, Attributes wanted, int eventClass) throws ExpectedFault {
    Leaf leaf = walk(ipa, eventClass);
    boolean structure = eventClass != ExpectedFault.CLASS_IN;
    boolean deviceRefused = structure && ste.s2Ptw() && isDevice(leaf.descriptor());
    if (deviceRefused || !permissions(leaf, wanted.privileged()).allow(wanted)) {
      throw ExpectedFault.stage2(
              ExpectedFault.F_PERMISSION, eventClass, ipa, structure && wanted.write())
          .because(deviceRefused ? "S2PTW" : refusal(leaf.descriptor(), wanted));
    }
    update(leaf, wanted.write());
    return leaf;
  }

  /** The leaf for an address, past every fault that has nothing to do with permissions. */
  Leaf walk(long ipa, int eventClass) throws ExpectedFault {
    int inputBits = 64 - ste.s2T0sz();
    if (exceeds(ipa, inputBits)) {
      throw ExpectedFault.stage2(ExpectedFault.F_TRANSLATION, eventClass, ipa, false);
    }
    int level = Vmsa.stage2StartLevel(granule, ste.s2Sl0(), registers.smallTables());
    int width = inputBits - Vmsa.shift(granule, level);
    long table = Vmsa.tableBase(ste.s2Ttb(), width, outputBits);
    while (true) {
      int shift = Vmsa.shift(granule, level);
      long at = table | (((ipa >>> shift) & ones(width)) << 3);
      long descriptor = load(at, eventClass);
      if (!Vmsa.isValid(descriptor, granule, level, registers.outputBits())) {
        throw ExpectedFault.stage2(ExpectedFault.F_TRANSLATION, eventClass, ipa, false);
      }
      long output = Vmsa.output(descriptor, granule, level, registers.outputBits());
      if (exceeds(output, outputBits)) {
        throw ExpectedFault.stage2(ExpectedFault.F_ADDR_SIZE, eventClass, ipa, false);
      }
      if (!Vmsa.isTable(descriptor, level)) {
        return checkAccessFlag(new Leaf(ipa, at, descriptor, output, shift), eventClass);
      }
      table = output;
      width = granule - 3;
      level++;
    }
  }

  private Leaf checkAccessFlag(Leaf leaf, int eventClass) throws ExpectedFault {
    if (!bit(leaf.descriptor(), 10) && !ste.s2Ha() && !ste.s2Affd()) {
      throw ExpectedFault.stage2(ExpectedFault.F_ACCESS, eventClass, leaf.ipa(), false);
    }
    return leaf;
  }

  /** S2AP and XN; what is writable but clean counts as writable. */
  PageGrants permissions(Leaf leaf, boolean privileged) {
    long descriptor = leaf.descriptor();
    boolean write = bit(descriptor, 7) || tracksDirty(descriptor);
    return new PageGrants(bit(descriptor, 6), write, executable(descriptor, privileged));
  }

  private @Nullable String refusal(long descriptor, Attributes wanted) {
    boolean execute = wanted.instruction() && !wanted.write();
    return execute && registers.xnx() ? "XN code " + bits(descriptor, 54, 53) : null;
  }

  private boolean executable(long descriptor, boolean privileged) {
    if (!registers.xnx()) {
      return !bit(descriptor, 54);
    }
    return switch ((int) bits(descriptor, 54, 53)) {
      case 0 -> true;
      case 1 -> !privileged;
      case 2 -> false;
      default -> privileged;
    };
  }

  /** Sets what hardware sets after a permitted access: the access flag, and S2AP[1] of a write. */
  void update(Leaf leaf, boolean written) {
    long after = leaf.descriptor();
    if (ste.s2Ha()) {
      after |= 1L << 10;
    }
    if (written && tracksDirty(after)) {
      after |= 1L << 7;
    }
    if (after != leaf.descriptor()) {
      memory.update(leaf.descriptorPa(), inMemory(leaf.descriptor()), inMemory(after));
    }
  }

  private boolean tracksDirty(long descriptor) {
    return ste.s2Ha() && ste.s2Hd() && bit(descriptor, 51);
  }

  private boolean isDevice(long descriptor) {
    long memAttr = bits(descriptor, 5, 2);
    if (ste.s2Fwb() && registers.fwb()) {
      return !bit(memAttr, 2);
    }
    return memAttr < 4;
  }

  private long load(long pa, int eventClass) throws ExpectedFault {
    try {
      return inMemory(memory.load(pa));
    } catch (BusAbort abort) {
      throw ExpectedFault.walkOfStage2(eventClass, pa);
    }
  }

  private long inMemory(long descriptor) {
    return ste.s2BigEndian() ? Long.reverseBytes(descriptor) : descriptor;
  }
}
