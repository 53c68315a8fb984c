package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Access flags and dirty states that hardware keeps in descriptors of both stages (HTTU). */
class HardwareUpdateTest {
  private static final int NONE = TwoStages.NONE;
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;
  private static final long OFFSET = TwoStages.OFFSET;
  private static final long AF = 1L << 10;
  private static final long READ_ONLY = 1L << 7;
  private static final long S2_WRITE = 1L << 7;

  private final TwoStages two = new TwoStages();
  private final BareGuest guest = two.guest;
  private final long slot = two.stage1.slot(VA, 3);
  private final long slot2 = two.stage2.slot(IPA, 3);

  private void stage1(String context, String leaf) {
    guest.store(slot, BareGuest.page(IPA).with(leaf));
    two.context(context);
  }

  private void stage2(String entry, String leaf) {
    guest.store(slot2, BareGuest.stage2Page(PA).with(leaf));
    two.stream(entry);
  }

  // Stage 1

  @Test
  void anAccessSetsTheAccessFlagAndNothingElse() {
    stage1("ha=1", "af=0 contiguous=1 pxn=1");
    long before = guest.load(slot);
    assertThat(two.read(VA)).isEqualTo(PA);
    assertThat(guest.load(slot)).isEqualTo(before | AF);
  }

  @Test
  void theAccessFlagIsUpdatedWhateverAffdSays() {
    stage1("ha=1 affd=1", "af=0");
    two.read(VA);
    assertThat(guest.load(slot) & AF).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ha=0 hd=0", "ha=0 hd=1"})
  void withoutHaNothingIsUpdated(String context) {
    stage1(context, "af=0 ap2=1 dbm=1");
    long before = guest.load(slot);
    assertThat(two.fault(VA, true)).isEqualTo("F_ACCESS S1 IN");
    stage1(context, "ap2=1 dbm=1");
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    assertThat(guest.load(slot)).isEqualTo(before | AF);
  }

  @Test
  void aWriteMarksACleanPageDirty() {
    stage1("ha=1 hd=1", "af=0 ap2=1 dbm=1");
    long before = guest.load(slot);
    assertThat(two.write(VA)).isEqualTo(PA);
    assertThat(guest.load(slot)).isEqualTo((before | AF) & ~READ_ONLY);
  }

  @Test
  void aReadDoesNotAndAWriteStillDoesAfterwards() {
    stage1("ha=1 hd=1", "ap2=1 dbm=1");
    long before = guest.load(slot);
    two.read(VA);
    assertThat(guest.load(slot)).isEqualTo(before);
    two.write(VA);
    assertThat(guest.load(slot)).isEqualTo(before & ~READ_ONLY);
  }

  @Test
  void aPageWithoutDbmIsReadOnly() {
    stage1("ha=1 hd=1", "ap2=1");
    long before = guest.load(slot);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    assertThat(guest.load(slot)).isEqualTo(before);
  }

  @Test
  void aWriteThatATableForbidsIsNotRecoverable() {
    stage1("ha=1 hd=1", "ap2=1 dbm=1");
    two.edit("pte", two.stage1.slot(VA, 1), "aptable=2");
    long before = guest.load(slot);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    assertThat(guest.load(slot)).isEqualTo(before);
  }

  @Test
  void writableButCleanCountsAsWritableForWxn() {
    stage1("ha=1 hd=1 wxn=1", "ap2=1 dbm=1");
    assertThat(guest.access(5, NONE, VA, false, false, true)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo("F_PERMISSION S1 IN");
    stage1("ha=1 hd=0 wxn=1", "ap2=1 dbm=1");
    assertThat(guest.access(5, NONE, VA, false, false, true)).isEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void aRefusedAccessChangesNothing() {
    stage1("ha=1 hd=1", "af=0 ap1=0 ap2=1 dbm=1");
    long before = guest.load(slot);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    assertThat(guest.load(slot)).isEqualTo(before);
  }

  @Test
  void blocksAreUpdatedToo() {
    stage1("ha=1 hd=1", "");
    two.stage1.map(0x4000_0000L, 2, BareGuest.block(0).with("af=0 ap2=1 dbm=1"));
    two.stage2.map(0x1000, 3, BareGuest.stage2Page(PA));
    assertThat(two.write(0x4000_1000L)).isEqualTo(PA);
    Structure leaf = two.leafAt("pte", two.stage1.slot(0x4000_0000L, 2));
    assertThat(leaf.get("af")).isEqualTo(1);
    assertThat(leaf.get("ap2")).isZero();
  }

  // Stage 2

  @Test
  void stage2HasUpdatesOfItsOwn() {
    stage2("s2ha=1 s2hd=1", "af=0 s2ap=1 dbm=1");
    long before = guest.load(slot2);
    two.read(VA);
    assertThat(guest.load(slot2)).isEqualTo(before | AF);
    two.write(VA);
    assertThat(guest.load(slot2)).isEqualTo(before | AF | S2_WRITE);
    assertThat(guest.load(slot) & AF).isNotZero();
  }

  @Test
  void theBitsOfTheStagesAreNotInTheSameOrder() {
    // In the context HD is below HA, in the entry S2HD is below S2HA: only HA and S2HA are set.
    stage1("ha=1", "af=0 ap2=1 dbm=1");
    assertThat(guest.load(two.cd) >>> 42 & 3).isEqualTo(2);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S1 IN");
    stage1("", "");
    stage2("s2ha=1", "af=0 s2ap=1 dbm=1");
    assertThat(guest.load(guest.streamTable() + 64 * 5 + 16) >>> 55 & 3).isEqualTo(2);
    assertThat(two.read(VA)).isEqualTo(PA);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S2 IN");
  }

  @Test
  void stage2WithDirtyAloneIsOff() {
    stage2("s2ha=0 s2hd=1", "s2ap=1 dbm=1");
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S2 IN");
  }

  @Test
  void anAccessThatStage2RefusesChangesNothingThere() {
    stage2("s2ha=1 s2hd=1", "af=0 s2ap=1");
    long before = guest.load(slot2);
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S2 IN");
    assertThat(guest.load(slot2)).isEqualTo(before);
  }

  // Stage 2 under the update of stage 1

  private long tablePage() {
    return two.stage2.slot(slot + OFFSET, 3);
  }

  @ParameterizedTest
  @CsvSource({"af=0, false", "ap2=1 dbm=1, true"})
  void anUpdateIsAWriteForStage2(String leaf, boolean write) {
    stage1("ha=1 hd=1", leaf);
    two.edit("s2pte", tablePage(), "s2ap=1");
    guest.invalidateAll();
    long before = guest.load(slot);
    assertThat(two.fault(VA, write)).isEqualTo("F_PERMISSION S2 TT");
    assertThat(two.event.get("ttrnw")).isZero();
    assertThat(two.event.get("ipa")).isEqualTo((slot + OFFSET) & ~0xfffL);
    assertThat(two.event.get("rnw")).isEqualTo(write ? 0 : 1);
    assertThat(guest.load(slot)).isEqualTo(before);
  }

  @Test
  void aRefusedReadOfADescriptorSaysSo() {
    two.edit("s2pte", tablePage(), "s2ap=2");
    assertThat(two.fault(VA, true)).isEqualTo("F_PERMISSION S2 TT");
    assertThat(two.event.get("ttrnw")).isEqualTo(1);
    assertThat(two.event.get("rnw")).isZero();
  }

  @Test
  void theUpdateMarksTheTablesOwnPageDirty() {
    stage1("ha=1 hd=1", "af=0");
    two.edit("s2pte", tablePage(), "s2ap=1 dbm=1");
    two.stream("s2ha=1 s2hd=1");
    two.read(VA);
    assertThat(guest.load(slot) & AF).isNotZero();
    assertThat(two.leafAt("s2pte", tablePage()).get("s2ap")).isEqualTo(3);
  }

  @Test
  void anUpdateThatIsNotNeededWritesNothing() {
    stage1("ha=1 hd=1", "");
    two.edit("s2pte", tablePage(), "s2ap=1");
    assertThat(two.write(VA)).isEqualTo(PA);
  }

  @Test
  void fetchesOfContextsSetTheAccessFlagOfStage2ButNeverDirty() {
    long page = two.stage2.slot(two.cd + OFFSET, 3);
    two.edit("s2pte", page, "af=0 s2ap=1 dbm=1");
    two.stream("s2ha=1 s2hd=1");
    two.write(VA);
    assertThat(two.leafAt("s2pte", page).get("af")).isEqualTo(1);
    assertThat(two.leafAt("s2pte", page).get("s2ap")).isEqualTo(1);
  }

  // Races

  @ParameterizedTest
  @CsvSource({
    "valid=0, F_TRANSLATION S1 IN",
    "ap2=1 dbm=0, F_PERMISSION S1 IN",
    "address=0x200000000000, F_ADDR_SIZE S1 IN"
  })
  void aDescriptorThatChangedIsReadAgain(String change, String fault) {
    stage1("ha=1 hd=1 ips=4", "af=0");
    guest.memory.beforeUpdate(() -> two.edit("pte", slot, change));
    assertThat(two.fault(VA, true)).isEqualTo(fault);
    assertThat(guest.load(slot) & AF).isZero();
  }

  @Test
  void theNewDescriptorIsUsed() {
    stage1("ha=1 hd=1", "af=0");
    two.stage2.map(0x1000, 3, BareGuest.stage2Page(PA + 0x3000));
    guest.memory.beforeUpdate(() -> two.edit("pte", slot, "address=0x1000"));
    assertThat(two.read(VA)).isEqualTo(PA + 0x3000);
    assertThat(guest.load(slot)).isEqualTo(BareGuest.page(0x1000).word(0));
  }

  @Test
  void stage2ReadsAgainToo() {
    stage2("s2ha=1 s2hd=1", "af=0");
    guest.memory.beforeUpdate(() -> two.edit("s2pte", slot2, "valid=0"));
    assertThat(two.fault(VA, true)).isEqualTo("F_TRANSLATION S2 IN");
    assertThat(guest.load(slot2) & AF).isZero();
  }

  @Test
  void anUpdateOfStage1ThatAbortsIsAWalkAbort() {
    stage1("ha=1", "af=0");
    long before = guest.load(slot);
    guest.memory.beforeUpdate(() -> guest.memory.abortAt(slot));
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S1 TT");
    assertThat(two.event.get("fetch")).isEqualTo(slot);
    assertThat(guest.load(slot)).isEqualTo(before);
  }

  @Test
  void anUpdateOfStage2ThatAbortsIsAWalkAbort() {
    stage2("s2ha=1", "af=0");
    long before = guest.load(slot2);
    guest.memory.beforeUpdate(() -> guest.memory.abortAt(slot2));
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S2 IN");
    assertThat(two.event.get("fetch")).isEqualTo(slot2);
    assertThat(guest.load(slot2)).isEqualTo(before);
  }
}
