package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Everything that can be wrong with one transaction is wrong at once, and is repaired piece by
 * piece: at each step exactly the fault that comes next is reported, so each one is seen to win
 * over all that follow.
 */
class FaultOrderTest {
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long OFFSET = TwoStages.OFFSET;
  private static final long BEYOND = 1L << 45;
  private static final int PASID = 70;

  /** A fault, and how it is repaired. */
  private record Defect(String fault, Runnable repair) {}

  private final TwoStages two = new TwoStages();
  private final BareGuest guest = two.guest;
  private final Deque<Defect> defects = new ArrayDeque<>();

  private void next(String fault, Runnable repair) {
    defects.add(new Defect(fault, repair));
  }

  /** Repairs everything in turn; what is seen on the way. */
  private List<String> seen(int substreamId, long address) {
    List<String> seen = new ArrayList<>();
    while (guest.access(5, substreamId, address, true) == Outcome.FAULTED) {
      seen.add(TwoStages.describe(guest.takeEvent()));
      if (defects.isEmpty()) {
        break;
      }
      defects.remove().repair().run();
      guest.invalidateAll();
    }
    return seen;
  }

  private void check(int substreamId, long address) {
    List<String> expected = defects.stream().map(Defect::fault).toList();
    assertThat(seen(substreamId, address)).isEqualTo(expected);
    assertThat(guest.tx.isTranslated()).isTrue();
  }

  /** Everything that stage 2 can have against an intermediate address. */
  private void stage2Defects(long ipa, String use) {
    long at = two.stage2.slot(ipa, 3);
    long address = two.leafAt("s2pte", at).get("address");
    guest.memory.abortAt(at);
    two.edit("s2pte", at, "valid=0 s2ap=0 af=0 address=" + BEYOND);
    next("F_WALK_EABT S2 " + use, () -> guest.memory.repair(at));
    next("F_TRANSLATION S2 " + use, () -> two.edit("s2pte", at, "valid=1"));
    next("F_ADDR_SIZE S2 " + use, () -> two.edit("s2pte", at, "address=" + address));
    next("F_ACCESS S2 " + use, () -> two.edit("s2pte", at, "af=1"));
    next("F_PERMISSION S2 " + use, () -> two.edit("s2pte", at, "s2ap=3"));
  }

  /** Everything that stage 1 can have against a descriptor of a level. */
  private void stage1Defects(int level) {
    long at = two.stage1.slot(VA, level);
    long address = two.leafAt("pte", at).get("address");
    guest.memory.abortAt(at);
    two.edit("pte", at, "valid=0 address=" + BEYOND);
    next("F_WALK_EABT S1 TT", () -> guest.memory.repair(at));
    next("F_TRANSLATION S1 IN", () -> two.edit("pte", at, "valid=1"));
    next("F_ADDR_SIZE S1 IN", () -> two.edit("pte", at, "address=" + address));
    if (level == 3) {
      two.edit("pte", at, "af=0 ap2=1");
      next("F_ACCESS S1 IN", () -> two.edit("pte", at, "af=1"));
      next("F_PERMISSION S1 IN", () -> two.edit("pte", at, "ap2=0"));
    }
  }

  @Test
  void configurationErrorsThenEachStageLevelByLevel() {
    long level1 = two.allocate(4096);
    long leaf = two.allocate(4096);
    long cd = leaf + 64 * (PASID & 63);
    long l1cd = level1 + 8 * (PASID >> 6);
    Structure context = BareGuest.cd(1, two.stage1.base()).with("ips=4");
    String entry = "s2ps=4 s1fmt=1 s1dss=2 s1contextptr=" + (level1 + OFFSET);

    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("STRTAB_BASE_CFG", 2);
    guest.writeRegister("CR0", 0b1_1111);
    long ste = guest.streamTable() + 64 * 5;
    guest.memory.abortAt(ste);
    guest.store(ste, two.entry(entry + " s1cdmax=6 v=0"));
    next("C_BAD_STREAMID", this::growStreamTable);
    next("F_STE_FETCH", () -> guest.memory.repair(ste));
    next("C_BAD_STE", () -> guest.store(ste, two.entry(entry + " s1cdmax=6")));
    next("C_BAD_SUBSTREAMID", () -> guest.store(ste, two.entry(entry + " s1cdmax=7")));
    stage2Defects(level1 + OFFSET, "CD");
    guest.memory.abortAt(l1cd);
    next("F_CD_FETCH", () -> guest.memory.repair(l1cd));
    next(
        "C_BAD_SUBSTREAMID",
        () -> guest.store(l1cd, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf + OFFSET)));
    stage2Defects(leaf + OFFSET, "CD");
    guest.memory.abortAt(cd);
    next("F_CD_FETCH", () -> guest.memory.repair(cd));
    next("C_BAD_CD", () -> guest.store(cd, context.with("epd0=1")));
    next("F_TRANSLATION S1 IN", () -> guest.store(cd, context.with("epd0=0")));
    for (int level = 0; level <= 3; level++) {
      stage2Defects(two.stage1.slot(VA, level) + OFFSET, "TT");
      stage1Defects(level);
    }
    stage2Defects(IPA, "IN");
    check(PASID, VA);
  }

  private void growStreamTable() {
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("STRTAB_BASE_CFG", 8);
    guest.writeRegister("CR0", 0b1_1111);
  }

  @Test
  void stage1Alone() {
    long root = guest.translatingStream(5, 1);
    guest.map(root, VA, TwoStages.PA);
    long cd = guest.allocate(64);
    Structure context = BareGuest.cd(1, root).with("ips=4");
    guest.store(cd, context.with("t0sz=34"));
    guest.storeSte(5, BareGuest.translatingSte(cd));
    next("F_TRANSLATION S1 IN", () -> guest.store(cd, context.with("t0sz=16")));
    for (int level = 0; level <= 3; level++) {
      singleStageDefects(root, level);
    }
    check(BareGuest.NONE, VA);
  }

  private void singleStageDefects(long root, int level) {
    long table = root;
    for (int l = 0; l < level; l++) {
      table = guest.load(BareGuest.descriptorAddress(table, VA, l)) & 0x0000_0fff_ffff_f000L;
    }
    long at = BareGuest.descriptorAddress(table, VA, level);
    long address = two.leafAt("pte", at).get("address");
    guest.memory.abortAt(at);
    next("F_WALK_EABT S1 TT", () -> guest.memory.repair(at));
    next("F_TRANSLATION S1 IN", () -> two.edit("pte", at, "valid=1"));
    next("F_ADDR_SIZE S1 IN", () -> two.edit("pte", at, "address=" + address));
    if (level == 3) {
      next("F_ACCESS S1 IN", () -> two.edit("pte", at, "af=1"));
      next("F_PERMISSION S1 IN", () -> two.edit("pte", at, "ap2=0"));
      two.edit("pte", at, "af=0 ap2=1");
    }
    two.edit("pte", at, "valid=0 address=" + (address | BEYOND));
  }

  @Test
  void stage2Alone() {
    two.stream("config=6 s2ps=4");
    for (int level = 1; level <= 2; level++) {
      long table = two.stage2.slot(IPA, level);
      long address = two.leafAt("pte", table).get("address");
      guest.memory.abortAt(table);
      two.edit("pte", table, "valid=0 address=" + BEYOND);
      next("F_WALK_EABT S2 IN", () -> guest.memory.repair(table));
      next("F_TRANSLATION S2 IN", () -> two.edit("pte", table, "valid=1"));
      next("F_ADDR_SIZE S2 IN", () -> two.edit("pte", table, "address=" + address));
    }
    stage2Defects(IPA, "IN");
    check(BareGuest.NONE, IPA);
  }

  @Test
  void aBadSubstreamComesBeforeADisabledStream() {
    two.stream("s1cdmax=0 s1dss=2");
    assertThat(guest.access(5, 0, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo("C_BAD_SUBSTREAMID");
    two.stream("s1cdmax=4 s1dss=2");
    // The disabled stream comes before any look at its contexts.
    two.edit("s2pte", two.stage2.slot(two.cd + OFFSET, 3), "valid=0");
    guest.invalidateAll();
    assertThat(guest.access(5, 0, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo("F_STREAM_DISABLED");
  }
}
