package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Streams that both stages translate: what stage 1 fetches, and where it leads, is intermediate.
 */
class NestedTest {
  private static final int NONE = TwoStages.NONE;
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;
  private static final long OFFSET = TwoStages.OFFSET;

  private final TwoStages two = new TwoStages();

  /** Two levels of context descriptors, one substream. */
  private final long level1 = two.allocate(64);

  private final long leaf = two.allocate(4096);

  NestedTest() {
    two.guest.store(level1, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf + OFFSET));
    two.guest.store(leaf, BareGuest.cd(1, two.stage1.base()));
    two.stream("s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
  }

  /** The intermediate address of something that a transaction needs. */
  private long needed(String what) {
    return switch (what) {
      case "L1CD" -> level1 + OFFSET;
      case "CD" -> leaf + OFFSET;
      case "output" -> IPA + 8;
      default -> two.stage1.slot(VA, what.charAt(5) - '0') + OFFSET;
    };
  }

  private static String classOf(String what) {
    return what.endsWith("CD") ? "CD" : what.equals("output") ? "IN" : "TT";
  }

  @Test
  void bothStagesTranslate() {
    assertThat(two.read(VA + 8)).isEqualTo(PA + 8);
    assertThat(two.write(VA + 8)).isEqualTo(PA + 8);
  }

  /** What is needed, and how stage 2 refuses it. */
  @ParameterizedTest
  @CsvSource({
    "L1CD, valid=0, F_TRANSLATION",
    "L1CD, af=0, F_ACCESS",
    "L1CD, s2ap=2, F_PERMISSION",
    "L1CD, address=0x100000000000, F_ADDR_SIZE",
    "CD, valid=0, F_TRANSLATION",
    "CD, af=0, F_ACCESS",
    "CD, s2ap=2, F_PERMISSION",
    "CD, address=0x100000000000, F_ADDR_SIZE",
    "level0, valid=0, F_TRANSLATION",
    "level0, s2ap=2, F_PERMISSION",
    "level1, valid=0, F_TRANSLATION",
    "level1, af=0, F_ACCESS",
    "level2, s2ap=2, F_PERMISSION",
    "level2, address=0x100000000000, F_ADDR_SIZE",
    "level3, valid=0, F_TRANSLATION",
    "level3, af=0, F_ACCESS",
    "level3, s2ap=2, F_PERMISSION",
    "level3, address=0x100000000000, F_ADDR_SIZE",
    "output, valid=0, F_TRANSLATION",
    "output, af=0, F_ACCESS",
    "output, s2ap=2, F_PERMISSION",
    "output, address=0x100000000000, F_ADDR_SIZE"
  })
  void aFaultOfStage2SaysWhatItWasFor(String what, String refusal, String type) {
    two.stream("s2ps=4 s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
    two.edit("s2pte", two.stage2.slot(needed(what), 3), refusal);
    assertThat(two.fault(VA + 8, false)).isEqualTo(type + " S2 " + classOf(what));
    assertThat(two.event.get("ipa")).isEqualTo(needed(what) & ~0xfffL);
    assertThat(two.event.get("input")).isEqualTo(VA + 8);
    assertThat(two.event.get("rnw")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"L1CD", "CD", "level0", "level1", "level2", "level3", "output"})
  void anAbortOfTheStage2WalkSaysWhatItWasFor(String what) {
    two.stream("s2r=0 s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
    long descriptor = two.stage2.slot(needed(what), 3);
    two.guest.memory.abortAt(descriptor);
    assertThat(two.fault(VA, true)).isEqualTo("F_WALK_EABT S2 " + classOf(what));
    assertThat(two.event.get("fetch")).isEqualTo(descriptor);
    assertThat(two.event.get("rnw")).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void anAbortOfTheStage1WalkIsOneOfStage1(int level) {
    long descriptor = two.stage1.slot(VA, level);
    two.guest.memory.abortAt(descriptor);
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S1 TT");
    assertThat(two.event.get("fetch")).isEqualTo(descriptor);
  }

  @Test
  void anAbortOfAContextFetchNamesItsPlaceInMemory() {
    two.guest.memory.abortAt(leaf);
    assertThat(two.fault(VA, false)).isEqualTo("F_CD_FETCH");
    assertThat(two.event.get("fetch")).isEqualTo(leaf);
    two.guest.memory.repair(leaf);
    two.guest.invalidateAll();
    two.guest.memory.abortAt(level1);
    assertThat(two.fault(VA, false)).isEqualTo("F_CD_FETCH");
    assertThat(two.event.get("fetch")).isEqualTo(level1);
  }

  @Test
  void aContextPointerBeyondTheStage2InputIsStage2sBusiness() {
    // The architecture leaves open whether such an entry is ILLEGAL.
    two.stream("s1contextptr=0x40000000000");
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S2 CD");
    assertThat(two.event.get("ipa")).isEqualTo(0x400_0000_0000L);
  }

  @Test
  void aFailedContextFetchIsNotCached() {
    long page = two.stage2.slot(leaf + OFFSET, 3);
    two.edit("s2pte", page, "valid=0");
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S2 CD");
    two.edit("s2pte", page, "valid=1");
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  @Test
  void eachStageHasItsOwnRecordBit() {
    two.guest.store(leaf, BareGuest.cd(1, two.stage1.base()).with("r=0 a=0"));
    two.guest.invalidateAll();
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("valid=0"));
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S2 IN");

    two.guest.access(5, NONE, 0, false);
    assertThat(two.guest.tx.outcome()).isEqualTo(Outcome.TERMINATED);
    assertThat(two.guest.tx.isRazWi()).isTrue();

    two.guest.store(leaf, BareGuest.cd(1, two.stage1.base()));
    two.stream("s2r=0 s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
    assertThat(two.fault(0, false)).isEqualTo("F_TRANSLATION S1 IN");
    assertThat(two.guest.access(5, NONE, VA, false)).isEqualTo(Outcome.TERMINATED);
    assertThat(two.guest.tx.isRazWi()).isFalse();
    assertThat(two.guest.takeEvents()).isEmpty();
  }

  @Test
  void whereStage1RefusesStage2IsNotAsked() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("ap2=1"));
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("valid=0"));
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S2 IN");
  }

  @Test
  void bothStagesMustPermitAlsoFromTheTlb() {
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("s2ap=1"));
    assertThat(two.read(VA)).isEqualTo(PA);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S2 IN");
    assertThat(two.event.get("ipa")).isEqualTo(IPA);
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("xn=2"));
    two.guest.invalidateAll();
    assertThat(two.read(VA)).isEqualTo(PA);
    two.guest.access(5, NONE, VA, false, false, true);
    assertThat(TwoStages.describe(two.guest.takeEvent())).isEqualTo("F_PERMISSION S2 IN");
  }

  @Test
  void theSmallerOfTheTwoLeavesIsTranslated() {
    two.stage1.map(0x4000_0000L, 2, BareGuest.block(0x8000_0000L));
    two.stage2.map(0x8000_0000L, 3, BareGuest.stage2Page(PA));
    two.stage2.map(0x8000_1000L, 3, BareGuest.stage2Page(PA + 0x5000));
    assertThat(two.read(0x4000_0008L)).isEqualTo(PA + 8);
    assertThat(two.read(0x4000_1008L)).isEqualTo(PA + 0x5008);
    assertThat(two.fault(0x4000_2008L, false)).isEqualTo("F_TRANSLATION S2 IN");

    two.map(0x7000_3000L, 0xa000_3000L);
    two.map(0x7000_4000L, 0xb000_4000L);
    two.stage2.map(0xa000_0000L, 2, BareGuest.stage2Page(0x10_0000_0000L).with("table=0"));
    assertThat(two.read(0x7000_3008L)).isEqualTo(0x10_0000_3008L);
    assertThat(two.fault(0x7000_4008L, false)).isEqualTo("F_TRANSLATION S2 IN");
  }

  @Test
  void anOutputOfStage1BeyondTheStage2InputDoesNotTranslate() {
    two.map(VA, 1L << 40);
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S2 IN");
    assertThat(two.event.get("ipa")).isEqualTo(1L << 40);
  }

  @Test
  void whereTheDefaultSubstreamBypassesOnlyStage2Translates() {
    two.stream("s1fmt=1 s1cdmax=6 s1dss=1 s1contextptr=" + (level1 + OFFSET));
    assertThat(two.read(IPA + 8)).isEqualTo(PA + 8);
    assertThat(two.guest.read(5, 0, VA)).isEqualTo(PA);
    assertThat(two.fault(1L << 48, false)).isEqualTo("F_ADDR_SIZE S1 IN");
  }

  // S2PTW

  @ParameterizedTest
  @CsvSource({
    "L1CD, 0, 0",
    "CD, 0, 1",
    "CD, 0, 3",
    "level0, 0, 0",
    "level1, 0, 2",
    "level3, 0, 3",
    "CD, 1, 0",
    "level2, 1, 1",
    "level3, 1, 3"
  })
  void whatIsFetchedMayNotLieInDeviceMemoryIfTheStreamSaysSo(String what, int fwb, int memattr) {
    String tables = " s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET);
    two.edit("s2pte", two.stage2.slot(needed(what), 3), "memattr=" + memattr);
    two.stream("s2ptw=0 s2fwb=" + fwb + tables);
    assertThat(two.read(VA)).isEqualTo(PA);

    two.stream("s2ptw=1 s2fwb=" + fwb + tables);
    assertThat(two.fault(VA, false)).isEqualTo("F_PERMISSION S2 " + classOf(what));
    assertThat(two.event.get("ipa")).isEqualTo(needed(what) & ~0xfffL);
    // The same from the TLB.
    assertThat(two.fault(VA, false)).isEqualTo("F_PERMISSION S2 " + classOf(what));
  }

  @ParameterizedTest
  @CsvSource({"0, 5", "0, 10", "0, 15", "1, 5", "1, 6", "1, 7"})
  void normalMemoryMayHoldTables(int fwb, int memattr) {
    for (String what : new String[] {"L1CD", "CD", "level0", "level3"}) {
      two.edit("s2pte", two.stage2.slot(needed(what), 3), "memattr=" + memattr);
    }
    two.stream(
        "s2ptw=1 s2fwb=" + fwb + " s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
    assertThat(two.read(VA)).isNotZero();
  }

  @Test
  void dataMayLieInDeviceMemory() {
    two.stream("s2ptw=1 s1fmt=1 s1cdmax=6 s1dss=2 s1contextptr=" + (level1 + OFFSET));
    two.edit("s2pte", two.stage2.slot(IPA, 3), "memattr=0");
    assertThat(two.read(VA)).isEqualTo(PA);
  }
}
