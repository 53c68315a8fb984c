package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.AtsAnswer.Status;
import org.smmulator.smmu.port.Transaction.Outcome;

/** ATS on streams with stage 2, in full and split between the endpoint and the SMMU. */
class AtsTwoStageTest {
  private static final int NONE = TwoStages.NONE;
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;
  private static final long OFFSET = TwoStages.OFFSET;
  private static final int RECORD_ALL = 0b1010;
  private static final String SPLIT = "eats=2";

  private final TwoStages two = new TwoStages();
  private final BareGuest guest = two.guest;

  /** The entries for a request for reading and writing. */
  private long[] entries(long address, int units) {
    return entries(address, units, true);
  }

  private long[] entries(long address, int units, boolean write) {
    guest.smmu.translationRequest(
        guest.tx.request(5, NONE, address, write, false, false), units, guest.answer);
    assertThat(guest.answer.status()).isEqualTo(Status.SUCCESS);
    assertThat(guest.takeEvents()).isEmpty();
    return LongStream.range(0, guest.answer.count())
        .map(i -> guest.answer.entry((int) i))
        .toArray();
  }

  private void refused(Status status, String event) {
    assertThat(guest.request(5, NONE, VA, 1)).isEqualTo(status);
    assertThat(guest.answer.count()).isZero();
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo(event);
  }

  /** A transaction whose address the endpoint has translated. */
  private Outcome translated(long address, boolean write) {
    guest.smmu.checkTranslated(guest.tx.request(5, 9, address, write, true, true));
    return guest.tx.outcome();
  }

  private void withoutAtschk() {
    guest.writeRegister("CR0", 0b0_1111);
  }

  // Requests

  @Test
  void theAnswerIsWhatBothStagesMakeOfIt() {
    assertThat(entries(VA + 8, 1)).containsExactly(PA | 3);
    two.stream("config=6");
    assertThat(entries(IPA, 1)).containsExactly(PA | 3);
  }

  @Test
  void splitTheAnswerIsTheIntermediateAddress() {
    two.stream(SPLIT);
    assertThat(entries(VA + 8, 1)).containsExactly(IPA | 3);
    // The same from the TLB, which holds what both stages make of it.
    two.read(VA);
    assertThat(entries(VA, 1)).containsExactly(IPA | 3);
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  @Test
  void splitIsUnsupportedWhileTranslatedAccessesAreNotChecked() {
    two.stream(SPLIT);
    withoutAtschk();
    refused(Status.UNSUPPORTED_REQUEST, "F_BAD_ATS_TREQ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"eats=1", SPLIT})
  void permissionsAreThoseOfBothStages(String eats) {
    two.stream(eats);
    long address = eats.equals(SPLIT) ? IPA : PA;
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("s2ap=1"));
    assertThat(entries(VA, 1)).containsExactly(address | 1);
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("s2ap=2"));
    guest.invalidateAll();
    assertThat(entries(VA, 1)).containsExactly(address | 2);
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("ap2=1"));
    guest.invalidateAll();
    assertThat(entries(VA, 1)).containsExactly(0);
  }

  @Test
  void severalTranslationsStopAtTheFirstPageThatStage2Lacks() {
    for (int i = 0; i < 4; i++) {
      two.map(VA + i * 4096L, IPA + i * 4096L);
    }
    two.stage2.map(IPA + 0x1000, 3, BareGuest.stage2Page(PA + 0x5000));
    assertThat(entries(VA, 4)).containsExactly(PA | 3, PA + 0x5000 | 3);
  }

  /** What is needed, and how stage 2 refuses it. */
  @ParameterizedTest
  @CsvSource({
    "CD, valid=0",
    "CD, af=0",
    "CD, s2ap=2",
    "CD, address=0x100000000000",
    "level0, valid=0",
    "level1, af=0",
    "level2, s2ap=2",
    "level3, address=0x100000000000",
    "output, valid=0",
    "output, af=0",
    "output, s2ap=0",
    "output, address=0x100000000000"
  })
  void whatStage2RefusesIsNotThereAndNoEvent(String what, String refusal) {
    guest.setCr2(RECORD_ALL);
    long ipa =
        switch (what) {
          case "CD" -> two.cd + OFFSET;
          case "output" -> IPA;
          default -> two.stage1.slot(VA, what.charAt(5) - '0') + OFFSET;
        };
    two.edit("s2pte", two.stage2.slot(ipa, 3), refusal);
    two.stream("s2ps=4");
    assertThat(entries(VA, 4)).containsExactly(0);
    two.stream("s2ps=4 " + SPLIT);
    assertThat(entries(VA, 4)).containsExactly(0);
  }

  @Test
  void anAddressBeyondTheIntermediateSizeIsNotThere() {
    two.stream("config=6");
    assertThat(entries(1L << 48, 1)).containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"eats=1", SPLIT})
  void anAbortOfAnyWalkIsACompleterAbort(String eats) {
    two.stream(eats);
    guest.setCr2(RECORD_ALL);
    long[] descriptors = {
      two.stage1.slot(VA, 2), two.stage2.slot(two.cd + OFFSET, 3), two.stage2.slot(IPA, 3)
    };
    String[] events = {"F_WALK_EABT S1 TT", "F_WALK_EABT S2 CD", "F_WALK_EABT S2 IN"};
    for (int i = 0; i < events.length; i++) {
      guest.invalidateAll();
      guest.memory.abortAt(descriptors[i]);
      refused(Status.COMPLETER_ABORT, events[i]);
      guest.memory.abortNothing();
    }
  }

  @Test
  void whereStage1GrantsNothingStage2IsNotWalked() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("ap1=0"));
    guest.memory.abortAt(two.stage2.slot(IPA, 3));
    assertThat(entries(VA, 1)).containsExactly(0);
  }

  @ParameterizedTest
  @CsvSource({"eats=1, true", "eats=2, false"})
  void whereStage1IsSkippedStage2Decides(String eats, boolean full) {
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("s2ap=1"));
    two.stream("s1cdmax=4 s1dss=1 " + eats);
    assertThat(entries(IPA, 1)).containsExactly((full ? PA : IPA) | 1);
  }

  // Hardware updates

  @ParameterizedTest
  @ValueSource(strings = {"eats=1", SPLIT})
  void aPageIsMarkedDirtyBeforeWriteIsGrantedAndOnlyThen(String eats) {
    long address = eats.equals(SPLIT) ? IPA : PA;
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("af=0 ap2=1 dbm=1"));
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("af=0 s2ap=1 dbm=1"));
    two.context("ha=1 hd=1");
    two.stream("s2ha=1 s2hd=1 " + eats);

    assertThat(entries(VA, 1, false)).containsExactly(address | 1);
    assertThat(two.leafAt("pte", two.stage1.slot(VA, 3)).get("af")).isEqualTo(1);
    assertThat(two.leafAt("pte", two.stage1.slot(VA, 3)).get("ap2")).isEqualTo(1);
    assertThat(two.leafAt("s2pte", two.stage2.slot(IPA, 3)).get("s2ap")).isEqualTo(1);
    assertThat(two.leafAt("s2pte", two.stage2.slot(IPA, 3)).get("af")).isEqualTo(1);

    assertThat(entries(VA, 1)).containsExactly(address | 3);
    assertThat(two.leafAt("pte", two.stage1.slot(VA, 3)).get("ap2")).isZero();
    assertThat(two.leafAt("s2pte", two.stage2.slot(IPA, 3)).get("s2ap")).isEqualTo(3);
  }

  @Test
  void withoutHardwareUpdatesACleanPageIsReadOnly() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("ap2=1 dbm=1"));
    guest.invalidateAll();
    assertThat(entries(VA, 1)).containsExactly(PA | 1);
  }

  @Test
  void whatIsNotGrantedIsNotMarked() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("af=0 ap1=0 ap2=1 dbm=1"));
    two.context("ha=1 hd=1");
    long before = guest.load(two.stage1.slot(VA, 3));
    assertThat(entries(VA, 1)).containsExactly(0);
    assertThat(guest.load(two.stage1.slot(VA, 3))).isEqualTo(before);
  }

  // Translated accesses

  @Test
  void inFullATranslatedAccessIsPhysical() {
    assertThat(translated(PA + 8, true)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.tx.pa()).isEqualTo(PA + 8);
  }

  @Test
  void splitStage2TranslatesIt() {
    two.stream(SPLIT);
    assertThat(translated(IPA + 8, true)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.tx.pa()).isEqualTo(PA + 8);
  }

  @Test
  void splitItsFaultsAreThoseOfAnOrdinaryTransaction() {
    two.stream(SPLIT);
    assertThat(translated(IPA + 0x1008, true)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(TwoStages.describe(event)).isEqualTo("F_TRANSLATION S2 IN");
    assertThat(event.get("ipa")).isEqualTo(IPA + 0x1000);
    assertThat(event.get("input")).isEqualTo(IPA + 0x1008);
    assertThat(event.get("rnw")).isZero();
    // Neither a PASID nor a privilege nor a fetch, whatever the bus said.
    assertThat(event.get("ssv")).isZero();
    assertThat(event.get("pnu")).isZero();
    assertThat(event.get("ind")).isZero();

    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA).with("s2ap=1"));
    guest.invalidateAll();
    assertThat(translated(IPA, true)).isEqualTo(Outcome.FAULTED);
    assertThat(TwoStages.describe(guest.takeEvent())).isEqualTo("F_PERMISSION S2 IN");
    assertThat(translated(IPA, false)).isEqualTo(Outcome.TRANSLATED);

    two.stream(SPLIT + " s2r=0");
    assertThat(translated(IPA + 0x1008, true)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void splitWithoutTheCheckItPassesAsItIs() {
    two.stream(SPLIT);
    withoutAtschk();
    assertThat(translated(IPA + 8, true)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.tx.pa()).isEqualTo(IPA + 8);
  }

  @Test
  void splitItDoesNotLookAtContexts() {
    two.stream(SPLIT);
    guest.memory.abortAt(two.cd);
    assertThat(translated(IPA, false)).isEqualTo(Outcome.TRANSLATED);
  }
}
