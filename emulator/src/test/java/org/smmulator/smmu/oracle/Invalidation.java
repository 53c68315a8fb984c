package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.ReferenceStage1.Regime.EL1;
import static org.smmulator.smmu.oracle.ReferenceStage1.Regime.EL2_E2H;

import org.smmulator.arch.port.BroadcastTlbi;

/**
 * Software's invalidations after an edit: always enough (IHI 0070 4.3, 4.4), rarely more than
 * enough. Each ends with a CMD_SYNC.
 */
final class Invalidation {
  private static final int CFGI_STE = 0x03;
  private static final int CFGI_ALL = 0x04;
  private static final int CFGI_CD = 0x05;
  private static final int CFGI_CD_ALL = 0x06;
  private static final int NH_ALL = 0x10;
  private static final int NH_ASID = 0x11;
  private static final int NH_VA = 0x12;
  private static final int NH_VAA = 0x13;
  private static final int EL2_ALL = 0x20;
  private static final int EL2_ASID = 0x21;
  private static final int EL2_VA = 0x22;
  private static final int EL2_VAA = 0x23;
  private static final int S12_VMALL = 0x28;
  private static final int S2_IPA = 0x2a;
  private static final int NSNH_ALL = 0x30;

  private final Chance chance;
  private final RandomMachine machine;
  private final Driver driver;

  Invalidation(Chance chance, RandomMachine machine, Driver driver) {
    this.chance = chance;
    this.machine = machine;
    this.driver = driver;
  }

  /** Everything: configuration first, so that no stale structure refills the TLB. */
  void all() {
    driver.command(CFGI_ALL, 31);
    driver.sync();
    allTranslations();
  }

  private void allTranslations() {
    driver.command(NSNH_ALL, 0);
    if (machine.registers.hyp()) {
      driver.command(EL2_ALL, 0);
    }
    driver.sync();
  }

  /** A leaf or table descriptor of stage 1 of one context. */
  void stage1(Stream.Context context, int half, RandomTables.Slot slot) {
    int lot = chance.below(10);
    if (heard(context) && chance.percent(50)) {
      broadcast(context, half, slot);
    } else if (lot == 0) {
      allTranslations();
    } else if (lot == 1) {
      allOf(context.stream());
    } else if (lot < 4 || !slot.leaf()) {
      asid(context);
    } else {
      address(context, half, slot);
    }
    driver.sync();
  }

  /** Whether TLB maintenance of CPUs is enough for a context. */
  private boolean heard(Stream.Context context) {
    Stream stream = context.stream();
    boolean host = machine.registers.e2h() ? stream.regime == EL2_E2H : stream.regime == EL1;
    boolean ofVmid0 = stream.regime != EL1 || stream.vmid == 0;
    return machine.registers.hearsCpus() && host && ofVmid0;
  }

  /** The same as {@link #stage1}, by a CPU. */
  private void broadcast(Stream.Context context, int half, RandomTables.Slot slot) {
    BroadcastTlbi cpus = driver.cpus();
    long va = va(context, half, slot) + (chance.bits(slot.sizeLog2()) & ~0xfffL);
    boolean leafOnly = slot.leaf() && chance.percent(70);
    // A context with ASET = 1 is spared by what matches an ASID, and by nothing else (3.17).
    int lot = context.aset() ? 3 * chance.below(2) : chance.below(4);
    if (lot == 0 || (lot == 1 && context.globals())) {
      cpus.all();
    } else if (lot == 1) {
      cpus.byAsid(context.asid());
    } else if (!slot.leaf()) {
      // What lies below a table is more than one page.
      cpus.all();
    } else if (lot == 2) {
      cpus.byVa(context.asid(), va, leafOnly);
    } else {
      cpus.byVaAllAsids(va, leafOnly);
    }
  }

  /** Invalidations that look alike and are not enough: what is stale may stay, or go. */
  void notEnough(Stream.Context context, int half, RandomTables.Slot slot) {
    long va = va(context, half, slot);
    boolean el1 = context.stream().regime == EL1;
    long dw0 = (el1 ? NH_VA : EL2_VA) | tags(context);
    int granule = context.halves().get(half).shape().granule();
    switch (chance.below(6)) {
      case 0 -> driver.cpus().byVa(context.asid(), va, false);
      case 1 -> driver.cpus().byAsid(context.asid() ^ 1);
      case 2 -> driver.command((el1 ? NH_ASID : EL2_ASID) | (tags(context) ^ (1L << 48)), 0);
      case 3 -> driver.command(dw0, (va ^ (1L << slot.sizeLog2())) | 1);
      case 4 -> {
        if (machine.registers.ranges()) {
          long level = slot.level() == 3 ? 2 : 3;
          driver.command(dw0, alignedFor(va, granule, 2) | tg(granule) | (level << 8) | 1);
        }
      }
      default -> {
        if (machine.registers.ranges()) {
          int other = granule == 12 ? 16 : 12;
          driver.command(dw0, alignedFor(va, other, 2) | tg(other) | (3L << 8) | 1);
        }
      }
    }
    driver.sync();
  }

  private static long alignedFor(long address, int granule, int level) {
    return Bits.alignDown(address, granule + (3 - level) * (granule - 3));
  }

  private static long tg(int granule) {
    return ((granule - 10L) / 2) << 10;
  }

  private static long va(Stream.Context context, int half, RandomTables.Slot slot) {
    RandomTables.Shape shape = context.halves().get(half).shape();
    return slot.input() | (half == 1 ? ~Bits.ones(shape.inputBits()) : 0);
  }

  private void asid(Stream.Context context) {
    boolean el1 = context.stream().regime == EL1;
    if (context.globals() || context.stream().regime == ReferenceStage1.Regime.EL2) {
      allOf(context.stream());
    } else {
      driver.command((el1 ? NH_ASID : EL2_ASID) | tags(context), 0);
    }
  }

  private void allOf(Stream stream) {
    driver.command(stream.regime == EL1 ? NH_ALL | vmid(stream) : EL2_ALL, 0);
  }

  /** As commands give it: bits that do not count are anything. */
  private long vmid(Stream stream) {
    return (stream.vmid ^ chance.bits(machine.registers.ignoredVmidBits())) << 32;
  }

  private long tags(Stream.Context context) {
    Stream stream = context.stream();
    long asid = (long) context.asid() << 48;
    return stream.regime == EL1 ? asid | vmid(stream) : stream.regime == EL2_E2H ? asid : 0;
  }

  private void address(Stream.Context context, int half, RandomTables.Slot slot) {
    RandomTables.Shape shape = context.halves().get(half).shape();
    long va = va(context, half, slot);
    boolean el1 = context.stream().regime == EL1;
    boolean anyAsid = chance.percent(30);
    long opcode = anyAsid ? (el1 ? NH_VAA : EL2_VAA) | vmidIf(el1, context) : el1 ? NH_VA : EL2_VA;
    long dw0 = anyAsid ? opcode : opcode | tags(context);
    long leaf = chance.percent(70) ? 1 : 0;
    ranged(dw0, leaf, va, shape, slot);
  }

  private long vmidIf(boolean el1, Stream.Context context) {
    return el1 ? vmid(context.stream()) : 0;
  }

  /** One command, with or without range and level hint where those exist (IHI 0070 4.4.1). */
  private void ranged(
      long dw0, long leaf, long address, RandomTables.Shape shape, RandomTables.Slot slot) {
    if (!machine.registers.ranges() || chance.percent(50)) {
      long inside = chance.bits(slot.sizeLog2()) & ~0xfffL;
      driver.command(dw0, (address | inside) | leaf);
      return;
    }
    long tg = (shape.granule() - 10) / 2L;
    int scale = slot.sizeLog2() - shape.granule();
    boolean levelGiven = slot.leaf() && (scale == 0 || chance.percent(50));
    long ttl = levelGiven ? slot.level() : 0;
    long num = chance.percent(70) ? 0 : chance.below(32);
    if (ttl == 0 && scale == 0 && num == 0) {
      num = 1;
    }
    if (num > 0 && chance.percent(50)) {
      // The slot lies within the range, not at its start; never across the end of the half.
      long before = chance.bits(64) % (num + 1) & 31;
      long start = address - (before << slot.sizeLog2());
      address = before <= num && (start ^ address) >>> 47 == 0 ? start : address;
    }
    driver.command(
        dw0 | (num << 12) | ((long) scale << 20), address | (tg << 10) | (ttl << 8) | leaf);
  }

  /** A descriptor of stage 2; CDs may have been fetched through it. */
  void stage2(Stream stream, RandomTables.Slot slot) {
    cfgiSte(stream);
    driver.sync();
    int lot = chance.below(4);
    if (lot == 0) {
      allTranslations();
    } else if (lot == 1 || !slot.leaf() || stream.stage2 == null) {
      driver.command(S12_VMALL | vmid(stream), 0);
    } else {
      long leaf = chance.percent(70) ? 1 : 0;
      ranged(S2_IPA | vmid(stream), leaf, slot.input(), stream.stage2.shape(), slot);
      if (machine.registers.stage1Supported()) {
        driver.command(NH_ALL | vmid(stream), 0);
      }
    }
    driver.sync();
  }

  private void cfgiSte(Stream stream) {
    if (chance.percent(20)) {
      driver.command(CFGI_ALL, 31);
    } else if (chance.percent(30)) {
      long range = chance.below(5);
      driver.command(CFGI_ALL | sid(stream), range);
    } else {
      driver.command(CFGI_STE | sid(stream), 1);
    }
  }

  private static long sid(Stream stream) {
    return (long) stream.streamId << 32;
  }

  /** A CD. */
  void context(Stream.Context context) {
    if (chance.percent(50)) {
      long ssid = (long) context.index() << 12;
      driver.command(CFGI_CD | sid(context.stream()) | ssid, 1);
    } else {
      cdsOf(context.stream());
    }
    driver.sync();
    asid(context);
    driver.sync();
  }

  private void cdsOf(Stream stream) {
    if (chance.percent(60)) {
      driver.command(CFGI_CD_ALL | sid(stream), 0);
    } else {
      cfgiSte(stream);
    }
  }

  /** CFGI_CD of each CD below, one of them at least not leaf-only; or all CDs of the stream. */
  private void level1Cd(Stream stream) {
    if (stream.s1CdMax > 6 || chance.percent(60)) {
      cdsOf(stream);
      return;
    }
    for (int index = 0; index < 1 << stream.s1CdMax; index++) {
      driver.command(CFGI_CD | sid(stream) | (long) index << 12, 0);
    }
  }

  /** An L1STD: all streams of its span and the way to them. */
  void level1(int firstStreamId, int split) {
    driver.command(CFGI_ALL | (long) firstStreamId << 32, split - 1L);
    driver.sync();
    allTranslations();
  }

  /** CFGI commands whose scope does not reach what changed, or reaches it only now and then. */
  void notEnough(Stream stream) {
    switch (chance.below(4)) {
      case 0 -> driver.command(CFGI_STE | (sid(stream) ^ (1L << 32)), 1);
      case 1 -> {
        if (machine.registers.stage1Supported()) {
          driver.command(CFGI_CD | sid(stream) | 3L << 12, 1);
        }
      }
      case 2 -> driver.command(CFGI_ALL | (sid(stream) ^ (1L << 37)), chance.below(5));
      default -> allTranslations();
    }
    driver.sync();
  }

  /** An L1CD or an STE: the stream's configuration and all of its translations. */
  void stream(Stream stream, boolean ofL1Cd) {
    if (ofL1Cd) {
      level1Cd(stream);
    } else {
      cfgiSte(stream);
    }
    driver.sync();
    if (machine.registers.stage2Supported() && stream.regime == EL1 && chance.percent(60)) {
      driver.command(S12_VMALL | vmid(stream), 0);
      driver.sync();
    } else {
      allTranslations();
    }
  }
}
