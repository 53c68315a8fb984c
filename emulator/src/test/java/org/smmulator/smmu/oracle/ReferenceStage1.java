package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.exceeds;
import static org.smmulator.smmu.oracle.Bits.ones;

import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;

/** Stage 1 of one CD (DDI 0487 D8): from virtual to intermediate or physical addresses. */
final class ReferenceStage1 {
  /** Translation regime of a stream: its StreamWorld. */
  enum Regime {
    EL1,
    EL2,
    EL2_E2H;

    boolean twoPrivileges() {
      return this != EL2;
    }
  }

  private final ReferenceMemory memory;
  private final RegisterValues registers;
  private final ContextEntry cd;
  private final Regime regime;
  private final @Nullable ReferenceStage2 stage2;
  private final int outputBits;

  /**
   * @param stage2 through which descriptors are fetched, or null
   */
  ReferenceStage1(
      ReferenceMemory memory,
      RegisterValues registers,
      ContextEntry cd,
      Regime regime,
      @Nullable ReferenceStage2 stage2) {
    this.memory = memory;
    this.registers = registers;
    this.cd = cd;
    this.regime = regime;
    this.stage2 = stage2;
    outputBits = registers.effectiveSize(cd.ips());
  }

  /**
   * A page or block that an address led to.
   *
   * @param tables bits [63:59] of the table descriptors on the way, ORed
   * @param ignored the same where HAD ignores them; only one of the two is not 0
   */
  record Leaf(
      long va,
      long descriptorIpa,
      long descriptor,
      long base,
      int sizeLog2,
      long tables,
      long ignored) {
    long output() {
      return base | (va & ones(sizeLog2));
    }
  }

  /** The leaf for an address, past every fault that has nothing to do with its permissions. */
  Leaf walk(long va, boolean privileged) throws ExpectedFault {
    int half = regime != Regime.EL2 && bit(va, 55) ? 1 : 0;
    checkRange(va, half, privileged);
    int granule = cd.granule(half);
    int inputBits = 64 - cd.txsz(half);
    int level = Vmsa.stage1StartLevel(granule, inputBits);
    int width = inputBits - Vmsa.shift(granule, level);
    long table = Vmsa.tableBase(cd.ttb(half), width, outputBits);
    long tables = 0;
    while (true) {
      int shift = Vmsa.shift(granule, level);
      long at = table | (((va >>> shift) & ones(width)) << 3);
      long descriptor = load(at);
      if (!Vmsa.isValid(descriptor, granule, level, registers.outputBits())) {
        throw ExpectedFault.stage1(ExpectedFault.F_TRANSLATION);
      }
      long output = Vmsa.output(descriptor, granule, level, registers.outputBits());
      if (exceeds(output, outputBits)) {
        throw ExpectedFault.stage1(ExpectedFault.F_ADDR_SIZE);
      }
      if (!Vmsa.isTable(descriptor, level)) {
        boolean ignored = registers.hierarchicalDisable() && cd.had(half);
        long above = bits(tables, 63, 59);
        return checkAccessFlag(
            new Leaf(va, at, descriptor, output, shift, ignored ? 0 : above, ignored ? above : 0));
      }
      tables |= descriptor;
      table = output;
      width = granule - 3;
      level++;
    }
  }

  private void checkRange(long va, int half, boolean privileged) throws ExpectedFault {
    int top = cd.tbi(half) ? 55 : 63;
    int low = 64 - cd.txsz(half);
    long above = top < low ? 0 : bits(va, top, low);
    long expected = half == 0 || top < low ? 0 : ones(top - low + 1);
    boolean outside = above != expected || (regime.twoPrivileges() && cd.epd(half));
    boolean e0pd = regime.twoPrivileges() && registers.e0pd() && cd.e0pd(half) && !privileged;
    if (outside || e0pd) {
      throw ExpectedFault.stage1(ExpectedFault.F_TRANSLATION).because(outside ? null : "E0PD");
    }
  }

  private Leaf checkAccessFlag(Leaf leaf) throws ExpectedFault {
    if (!bit(leaf.descriptor(), 10) && !cd.ha() && !cd.affd()) {
      throw ExpectedFault.stage1(ExpectedFault.F_ACCESS);
    }
    return leaf;
  }

  /** AP, APTable, XN, PAN and WXN (DDI 0487 D8.4); writable but clean counts as writable. */
  PageGrants permissions(Leaf leaf, boolean privileged) {
    return permissions(leaf, privileged, new Rules(cd.pan(), cd.wxn(), true, leaf.tables()));
  }

  /**
   * What takes permissions away beside the leaf.
   *
   * @param writableNeverExecuted privileged code does not run from what unprivileged code can write
   * @param tables as in {@link Leaf}
   */
  private record Rules(boolean pan, boolean wxn, boolean writableNeverExecuted, long tables) {}

  private PageGrants permissions(Leaf leaf, boolean privileged, Rules rules) {
    boolean uxnTable = bit(rules.tables, 60 - 59);
    boolean pxnTable = bit(rules.tables, 59 - 59);
    boolean noUnprivileged = bit(rules.tables, 61 - 59);
    boolean noWrite = bit(rules.tables, 62 - 59);
    long descriptor = leaf.descriptor();
    boolean write = !noWrite && (!bit(descriptor, 7) || tracksDirty(descriptor));
    boolean xn = bit(descriptor, 54) || uxnTable;
    if (!regime.twoPrivileges()) {
      return new PageGrants(true, write, !xn && !(rules.wxn && write));
    }
    boolean unprivileged = bit(descriptor, 6) && !noUnprivileged;
    if (!privileged) {
      boolean unprivilegedWrite = unprivileged && write;
      boolean execute = !xn && !(rules.wxn && unprivilegedWrite);
      return new PageGrants(unprivileged, unprivilegedWrite, execute);
    }
    boolean pxn = bit(descriptor, 53) || pxnTable;
    boolean shared = rules.writableNeverExecuted && unprivileged && write;
    boolean execute = !pxn && !shared && !(rules.wxn && write);
    boolean panned = rules.pan && unprivileged;
    return new PageGrants(!panned, write && !panned, execute);
  }

  /** The rule without which the access would be permitted; null if there is no such one. */
  @Nullable String refusal(Leaf leaf, Attributes wanted) {
    boolean pan = cd.pan();
    boolean wxn = cd.wxn();
    long tables = leaf.tables();
    if (permits(leaf, wanted, new Rules(false, wxn, true, tables))) {
      return "PAN";
    }
    if (permits(leaf, wanted, new Rules(pan, false, true, tables))) {
      return "WXN";
    }
    if (permits(leaf, wanted, new Rules(pan, wxn, false, tables))) {
      return "unprivileged-writable";
    }
    if (permits(leaf, wanted, new Rules(pan, wxn, true, tables & ~0b00100))) {
      return "APTable[0]";
    }
    if (permits(leaf, wanted, new Rules(pan, wxn, true, tables & ~0b01000))) {
      return "APTable[1]";
    }
    return permits(leaf, wanted, new Rules(pan, wxn, true, tables & ~0b00011)) ? "XNTable" : null;
  }

  /** Whether an access is permitted only because HAD ignores what tables say. */
  boolean permittedByHad(Leaf leaf, Attributes wanted) {
    return !permits(leaf, wanted, new Rules(cd.pan(), cd.wxn(), true, leaf.ignored()));
  }

  private boolean permits(Leaf leaf, Attributes wanted, Rules rules) {
    return permissions(leaf, wanted.privileged(), rules).allow(wanted);
  }

  /** Sets what hardware sets after a permitted access: the access flag, and clears AP[2]. */
  void update(Leaf leaf, boolean written) throws ExpectedFault {
    long after = leaf.descriptor();
    if (cd.ha()) {
      after |= 1L << 10;
    }
    if (written && tracksDirty(after)) {
      after &= ~(1L << 7);
    }
    if (after != leaf.descriptor()) {
      long pa = physical(leaf.descriptorIpa(), Attributes.STRUCTURE_WRITE);
      memory.update(pa, inMemory(leaf.descriptor()), inMemory(after));
    }
  }

  private boolean tracksDirty(long descriptor) {
    return cd.ha() && cd.hd() && bit(descriptor, 51);
  }

  private long load(long ipa) throws ExpectedFault {
    long pa = physical(ipa, Attributes.STRUCTURE_READ);
    try {
      return inMemory(memory.load(pa));
    } catch (BusAbort abort) {
      throw ExpectedFault.walkOfStage1(pa);
    }
  }

  private long physical(long ipa, Attributes wanted) throws ExpectedFault {
    return stage2 == null ? ipa : stage2.access(ipa, wanted, ExpectedFault.CLASS_TT).pa();
  }

  private long inMemory(long descriptor) {
    return cd.bigEndian() ? Long.reverseBytes(descriptor) : descriptor;
  }
}
