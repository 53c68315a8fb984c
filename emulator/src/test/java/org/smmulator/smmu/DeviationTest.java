package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * What other models of an SMMUv3 are known to do otherwise than the architecture, in structures and
 * translation: here it is as the architecture says.
 */
class DeviationTest {
  private static final int NONE = TwoStages.NONE;
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;
  private static final long OFFSET = TwoStages.OFFSET;

  private final TwoStages two = new TwoStages();
  private final BareGuest guest = two.guest;

  private String faultOf(int streamId, int substreamId) {
    assertThat(guest.access(streamId, substreamId, VA, false)).isEqualTo(Outcome.FAULTED);
    return TwoStages.describe(guest.takeEvent());
  }

  // Stream tables

  private void useTwoLevelTable(int split, int span) {
    long level1 = guest.allocate(4096);
    long level2 = guest.allocate(64 << 10);
    guest.store(level1, new Structure("l1std", 1).set("span", span).set("l2ptr", level2));
    for (int i = 0; i < 1 << 10; i++) {
      guest.store(level2 + 64L * i, two.entry(""));
    }
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister64("STRTAB_BASE", level1);
    guest.writeRegister("STRTAB_BASE_CFG", 12 | split << 6 | 1 << 16);
    guest.writeRegister("CR0", 0b1_1111);
  }

  @Test
  void aSpanOfNHasHalfOf2ToTheNEntriesAndWhatIsBeyondIsABadStreamIdNotABadEntry() {
    useTwoLevelTable(8, 4);
    assertThat(guest.read(7, NONE, VA)).isEqualTo(PA);
    assertThat(faultOf(8, NONE)).isEqualTo("C_BAD_STREAMID");
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "9, 7", "16, 7"})
  void reservedSplitsActAs6(int split, int span) {
    useTwoLevelTable(split, span);
    assertThat(guest.read(63, NONE, VA)).isEqualTo(PA);
    assertThat(faultOf(64, NONE)).isEqualTo("C_BAD_STREAMID");
  }

  @Test
  void anSmmuWithoutTwoLevelTablesIgnoresTheFormat() {
    BareGuest linear = BareGuest.up(Variants.of("sid=6 -TWO_LEVEL_STREAM_TABLE"));
    linear.storeSte(5, BareGuest.ste(0b100));
    linear.writeRegister("CR0", 0b1110);
    linear.writeRegister("STRTAB_BASE_CFG", 6 | 6 << 6 | 1 << 16);
    linear.writeRegister("CR0", 0b1_1111);
    assertThat(linear.read(5, NONE, PA)).isEqualTo(PA);
  }

  // Context tables

  @ParameterizedTest
  @CsvSource({"1, 6", "2, 10"})
  void leavesOfContextTablesHave64Or1024Entries(int format, int log2) {
    long level1 = two.allocate(64);
    long leaf = two.allocate(64L << log2);
    guest.store(level1 + 8, new Structure("l1cd", 1).set("v", 1).set("l2ptr", leaf + OFFSET));
    guest.store(leaf, BareGuest.cd(1, two.stage1.base()));
    two.stream("s1cdmax=11 s1dss=2 s1fmt=" + format + " s1contextptr=" + (level1 + OFFSET));
    assertThat(guest.read(5, 1 << log2, VA)).isEqualTo(PA);
    // V is 0 in the level 1 descriptor of this one.
    assertThat(faultOf(5, (1 << log2) - 1)).isEqualTo("C_BAD_SUBSTREAMID");
  }

  @Test
  void failedFetchesHaveEventsOfTheirOwn() {
    guest.memory.abortAt(guest.streamTable() + 64 * 5);
    assertThat(faultOf(5, NONE)).isEqualTo("F_STE_FETCH");
    guest.memory.abortNothing();
    guest.memory.abortAt(two.cd);
    assertThat(guest.access(5, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(TwoStages.describe(event)).isEqualTo("F_CD_FETCH");
    // The address is in the last word, and nowhere else.
    assertThat(event.word(2)).isZero();
    assertThat(event.word(3)).isEqualTo(two.cd);
  }

  @Test
  void aHalfThatIsOffIsATranslationFaultNotABadContext() {
    two.context("epd0=1");
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S1 IN");
  }

  @Test
  void anEventCarriesTheSubstream() {
    two.stream("s1cdmax=4 s1dss=1");
    guest.store(two.cd + 64 * 3, BareGuest.cd(1, two.stage1.base()));
    guest.access(5, 3, 0, false, true, true);
    // F_TRANSLATION, SSV, SubstreamID 3, StreamID 5; PnU, InD, RnW, CLASS = IN; the address.
    assertThat(guest.takeEvent().words()).containsExactly(0x5_0000_3810L, 0x20e_0000_0000L, 0, 0);
  }

  // Walks

  @Test
  void theLimitsOfATableAreFeltOnlyAtTheLeaf() {
    two.edit("pte", two.stage1.slot(VA, 0), "aptable=1");
    two.edit("pte", two.stage1.slot(VA, 3), "valid=0");
    assertThat(two.fault(VA, false)).isEqualTo("F_TRANSLATION S1 IN");
    two.edit("pte", two.stage1.slot(VA, 3), "valid=1 af=0");
    assertThat(two.fault(VA, false)).isEqualTo("F_ACCESS S1 IN");
    two.edit("pte", two.stage1.slot(VA, 3), "af=1");
    assertThat(two.fault(VA, false)).isEqualTo("F_PERMISSION S1 IN");
  }

  @Test
  void theSizeOfAnAddressIsCheckedInTablesTooAndBeforePermissions() {
    two.context("ips=4");
    two.edit("pte", two.stage1.slot(VA, 3), "ap1=0 address=" + (1L << 45));
    assertThat(two.fault(VA, false)).isEqualTo("F_ADDR_SIZE S1 IN");
    two.edit("pte", two.stage1.slot(VA, 1), "address=" + (1L << 45));
    assertThat(two.fault(VA, false)).isEqualTo("F_ADDR_SIZE S1 IN");
  }

  @Test
  void aHitInTheTlbChecksEveryPermission() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("ap1=0 pxn=1"));
    assertThat(guest.access(5, NONE, VA, true, true, false)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.access(5, NONE, VA, false, false, false)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.access(5, NONE, VA, false, true, true)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.access(5, NONE, VA, false, true, false)).isEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void pagesOfOneAsidAreNotSharedAndGlobalOnesAre() {
    Tables tables = new Tables(guest, 12, 48, 0);
    tables.map(VA, 3, BareGuest.page(PA));
    tables.map(VA + 0x1000, 3, BareGuest.page(PA).set("ng", 0));
    for (int stream = 6; stream < 8; stream++) {
      long cd = guest.allocate(64);
      guest.store(cd, BareGuest.cd(stream, tables.base()));
      guest.storeSte(stream, BareGuest.translatingSte(cd));
    }
    guest.read(6, NONE, VA);
    guest.read(6, NONE, VA + 0x1000);
    tables.map(VA, 3, BareGuest.page(PA + 0x5000));
    tables.map(VA + 0x1000, 3, BareGuest.page(PA + 0x5000).set("ng", 0));
    assertThat(guest.read(7, NONE, VA)).isEqualTo(PA + 0x5000);
    assertThat(guest.read(7, NONE, VA + 0x1000)).isEqualTo(PA);
  }

  @Test
  void bypassChecksTheOutputSize() {
    two.stream("config=4");
    assertThat(two.fault(1L << 48, false)).isEqualTo("F_ADDR_SIZE S1 IN");
  }

  // Nesting

  @Test
  void theTableOfAnUnusedHalfIsNotTranslated() {
    two.context("epd1=0 t1sz=16 tg1=2 ttb1=0xff00000000");
    assertThat(two.read(VA)).isEqualTo(PA);
    assertThat(two.fault(-0x1000, false)).isEqualTo("F_TRANSLATION S2 TT");
  }

  @Test
  void whereTheFirstTableLiesIsNotCachedWithTheContext() {
    long root = two.stage1.root();
    two.read(VA);
    two.map(VA + 0x1000, IPA);
    // The hypervisor moves the page of the first table.
    long moved = guest.allocate(4096);
    for (int i = 0; i < 4096; i += 8) {
      guest.store(moved + i, guest.load(root + i));
      guest.store(root + i, 0);
    }
    two.stage2.map(root + OFFSET, 3, BareGuest.stage2Page(moved));
    guest.perform(Structure.command("TLBI_S2_IPA").set("vmid", 7).set("address", root + OFFSET));
    guest.perform(Structure.command("TLBI_NH_ALL").set("vmid", 7));
    assertThat(two.read(VA + 0x1000)).isEqualTo(PA);
  }

  @Test
  void aTableMayBeLargerThanThePagesOfStage2() {
    // Pages of 16 KiB; the four 4 KiB pages of the only table lie apart in memory.
    long[] pages = {
      guest.allocate(4096), guest.allocate(4096), guest.allocate(4096), guest.allocate(4096)
    };
    long table = 0x30_0000_0000L;
    for (int i = 0; i < 4; i++) {
      long page = pages[3 - i];
      two.stage2.map(table + i * 4096L, 3, BareGuest.stage2Page(page));
      guest.store(page + 8, BareGuest.page(IPA & ~0x3fffL));
    }
    two.context("tg0=2 t0sz=39 ttb0=" + table);
    // Descriptors 1, 513, 1025 and 1537: one in each of the pages.
    for (int i = 0; i < 4; i++) {
      assertThat(two.read((512L * i + 1) * 0x4000 + (IPA & 0x3fff))).isEqualTo(PA);
    }
    assertThat(two.fault(2 * 0x4000, false)).isEqualTo("F_TRANSLATION S1 IN");
  }
}
