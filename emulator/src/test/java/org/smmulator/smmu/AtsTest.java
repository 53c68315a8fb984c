package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.port.AtsAnswer.Status;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

class AtsTest {
  private static final int NONE = BareGuest.NONE;
  private static final int PASID = 3;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;
  private static final int RECINVSID = 0b0010;
  private static final int REC_CFG_ATS = 0b1000;

  private final BareGuest guest = BareGuest.up();
  private final long contexts = guest.allocate(64 * 16);
  private final long root = guest.allocate(4096);

  AtsTest() {
    guest.store(contexts, BareGuest.cd(1, root));
    guest.store(contexts + 64 * PASID, BareGuest.cd(1, root));
    stream(BareGuest.translatingSte(contexts).set("s1cdmax", 4).set("s1dss", 2));
  }

  private void stream(Structure ste) {
    guest.storeSte(5, ste);
    guest.invalidateAll();
  }

  private void cr2(long value) {
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("CR2", value);
    guest.writeRegister("CR0", 0b1_1111);
  }

  private long[] entries() {
    return LongStream.range(0, guest.answer.count())
        .map(i -> guest.answer.entry((int) i))
        .toArray();
  }

  private int event() {
    return (int) guest.takeEvent().get("id");
  }

  // Translation requests

  @Test
  void answersInTheLayoutOfTheBus() {
    guest.map(root, VA, 3, BareGuest.page(0x80_0000_0000L));
    assertThat(guest.request(5, PASID, VA + 0x123, 1)).isEqualTo(Status.SUCCESS);
    assertThat(entries()).containsExactly(0x0000_0080_0000_0003L);
    assertThat(guest.smmu.counters().of(SmmuCounter.ATS_REQUESTS)).isEqualTo(1);
  }

  @Test
  void answersSeveralPagesUpToTheFirstThatIsNotThere() {
    for (int i = 0; i < 3; i++) {
      guest.map(root, VA + 4096L * i, PA + 4096L * i);
    }
    guest.request(5, PASID, VA, 8);
    assertThat(entries()).containsExactly(PA | 3, PA + 0x1000 | 3, PA + 0x2000 | 3);
    guest.request(5, PASID, VA, 2);
    assertThat(entries()).containsExactly(PA | 3, PA + 0x1000 | 3);
  }

  @Test
  void nothingFollowsTheLastAddress() {
    long upper = guest.allocate(4096);
    guest.store(
        contexts + 64 * PASID,
        BareGuest.cd(1, root).set("epd1", 0).set("t1sz", 16).set("tg1", 2).set("ttb1", upper));
    guest.invalidateAll();
    guest.map(upper, -4096, PA);
    guest.map(root, 0, PA + 0x1000);
    guest.request(5, PASID, -4096, 2);
    assertThat(entries()).containsExactly(PA | 3);
  }

  @Test
  void answersNoMoreThanACompletionHolds() {
    guest.map(root, 0, 2, BareGuest.block(BareGuest.RAM));
    guest.request(5, PASID, 0, 1_000_000);
    assertThat(guest.answer.count()).isEqualTo(16);
    assertThat(guest.answer.entry(15)).isEqualTo(BareGuest.RAM + 15 * 4096 | 3);
  }

  @Test
  void aBlockIsAnsweredPageByPage() {
    guest.map(root, VA, 2, BareGuest.block(0x80_0020_0000L));
    guest.request(5, PASID, VA, 1);
    assertThat(entries()).containsExactly(0x80_0020_0000L + (VA & 0x1f_f000) | 3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"valid", "af"})
  void aPageThatIsNotThereIsASuccessWithoutPermissions(String missing) {
    guest.map(root, VA, 3, BareGuest.page(PA).set(missing, 0));
    assertThat(guest.request(5, PASID, VA, 4)).isEqualTo(Status.SUCCESS);
    assertThat(entries()).containsExactly(0);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void anAddressThatIsTooLargeIsNotThereEither() {
    guest.store(contexts + 64 * PASID, BareGuest.cd(1, root).set("ips", 0));
    guest.map(root, VA, 1L << 32);
    guest.request(5, PASID, VA, 1);
    assertThat(entries()).containsExactly(0);
    guest.request(5, PASID, 1L << 48, 1);
    assertThat(entries()).containsExactly(0);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // ap1, ap2, uxn, pxn | want write, privileged, execute | R=1 W=2 Exe=8 Priv=16
    "1, 0, 0, 0, true, false, false, 3",
    "1, 0, 0, 0, false, false, false, 1",
    "1, 1, 0, 0, true, false, false, 1",
    "0, 0, 0, 0, true, false, false, 0",
    "0, 0, 0, 0, true, true, false, 19",
    "0, 0, 0, 0, true, true, true, 27",
    "1, 1, 0, 0, true, false, true, 9",
    "1, 1, 1, 0, true, false, true, 1",
    "0, 0, 0, 0, false, false, true, 0"
  })
  void grantsTheSubsetThatIsPermitted(
      int ap1, int ap2, int uxn, int pxn, boolean write, boolean priv, boolean exec, int bits) {
    Structure leaf =
        BareGuest.page(PA).set("ap1", ap1).set("ap2", ap2).set("uxn", uxn).set("pxn", pxn);
    guest.map(root, VA, 3, leaf);
    guest.smmu.translationRequest(
        guest.tx.request(5, PASID, VA, write, priv, exec), 1, guest.answer);
    assertThat(entries()).containsExactly(bits == 0 ? 0 : PA | bits);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void withoutPasidTheRequestIsUnprivilegedData() {
    guest.map(root, VA, PA);
    guest.smmu.translationRequest(guest.tx.request(5, NONE, VA, true, true, true), 1, guest.answer);
    assertThat(entries()).containsExactly(PA | 3);
  }

  @Test
  void whereTheDefaultSubstreamBypassesTheAnswerIsIdentity() {
    stream(BareGuest.translatingSte(contexts).set("s1cdmax", 4).set("s1dss", 1));
    guest.request(5, NONE, VA + 8, 2);
    assertThat(entries()).containsExactly(VA | 3, VA + 0x1000 | 3);
    guest.request(5, NONE, 1L << 48, 1);
    assertThat(entries()).containsExactly(0);
  }

  @Test
  void fillsAndUsesTheTlb() {
    guest.map(root, VA, PA);
    guest.request(5, PASID, VA, 1);
    long walks = guest.smmu.counters().of(SmmuCounter.WALKS);
    guest.request(5, PASID, VA, 1);
    guest.read(5, PASID, VA);
    assertThat(guest.smmu.counters().of(SmmuCounter.WALKS)).isEqualTo(walks);
  }

  @Test
  void isUnsupportedWhileTheSmmuIsDisabled() {
    guest.writeRegister("CR0", 0b1110);
    guest.smmu.translationRequest(
        guest.tx.request(5, PASID, VA + 8, true, true, true), 2, guest.answer);
    assertThat(guest.answer.status()).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(guest.answer.count()).isZero();
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_BAD_ATS_TREQ"));
    assertThat(event.get("stream")).isEqualTo(5);
    assertThat(event.get("ssv")).isEqualTo(1);
    assertThat(event.get("substream")).isEqualTo(PASID);
    assertThat(event.get("span")).isEqualTo(2);
    assertThat(event.get("ats_p")).isEqualTo(1);
    assertThat(event.get("ats_x")).isEqualTo(1);
    assertThat(event.get("ats_w")).isEqualTo(1);
    assertThat(event.get("ats_r")).isEqualTo(1);
    assertThat(event.get("input")).isEqualTo(VA);
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "5, 0", "5, 3"})
  void isUnsupportedWhereTheStreamDeniesAts(int config, int eats) {
    cr2(0);
    stream(BareGuest.translatingSte(contexts).set("config", config).set("eats", eats));
    assertThat(guest.request(5, NONE, VA, 1)).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(event()).isEqualTo(Vectors.event("F_BAD_ATS_TREQ"));
  }

  @Test
  void isSilentlyUnsupportedOnAnAbortedStream() {
    stream(BareGuest.ste(0));
    assertThat(guest.request(5, NONE, VA, 1)).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, false", "2, false", "8, false", "10, true"})
  void aBadStreamIdIsAbortedAndRecordedOnlyIfBothBitsAskForIt(int cr2, boolean recorded) {
    cr2(cr2);
    assertThat(guest.request(999, NONE, VA, 1)).isEqualTo(Status.COMPLETER_ABORT);
    assertThat(guest.takeEvents()).hasSize(recorded ? 1 : 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "F_STE_FETCH",
        "C_BAD_STE",
        "C_BAD_SUBSTREAMID",
        "F_STREAM_DISABLED",
        "F_CD_FETCH",
        "C_BAD_CD",
        "F_WALK_EABT"
      })
  void configurationErrorsAreAbortedAndRecordedOnlyOnRequest(String type) {
    int substream = PASID;
    switch (type) {
      case "F_STE_FETCH" -> guest.memory.abortPageOf(guest.streamTable());
      case "C_BAD_STE" -> stream(BareGuest.ste(0b111));
      case "C_BAD_SUBSTREAMID" -> substream = 16;
      case "F_STREAM_DISABLED" -> substream = 0;
      case "F_CD_FETCH" -> guest.memory.abortPageOf(contexts);
      case "C_BAD_CD" -> substream = 4;
      default -> guest.memory.abortPageOf(root);
    }
    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("CR2", RECINVSID);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.request(5, substream, VA, 2)).isEqualTo(Status.COMPLETER_ABORT);
    assertThat(guest.takeEvents()).isEmpty();

    guest.writeRegister("CR0", 0b1110);
    guest.writeRegister("CR2", REC_CFG_ATS);
    guest.writeRegister("CR0", 0b1_1111);
    assertThat(guest.request(5, substream, VA, 2)).isEqualTo(Status.COMPLETER_ABORT);
    assertThat(event()).isEqualTo(Vectors.event(type));
  }

  @Test
  void anAbortAfterTheFirstPageOnlyShortensTheAnswer() {
    long last = 0x7fff_123f_f000L;
    guest.map(root, last, PA);
    guest.map(root, last + 4096, PA);
    long level2 = guest.load(BareGuest.descriptorAddress(root, last, 0)) & ~0xfffL;
    level2 = guest.load(BareGuest.descriptorAddress(level2, last, 1)) & ~0xfffL;
    long next = guest.load(BareGuest.descriptorAddress(level2, last + 4096, 2)) & ~0xfffL;
    guest.memory.abortPageOf(next);
    assertThat(guest.request(5, PASID, last, 2)).isEqualTo(Status.SUCCESS);
    assertThat(entries()).containsExactly(PA | 3);
    assertThat(guest.takeEvents()).isEmpty();
  }

  // Translated accesses

  private Outcome translated(int streamId, long address) {
    guest.smmu.checkTranslated(guest.tx.request(streamId, PASID, address, true, false, false));
    return guest.tx.outcome();
  }

  @Test
  void aTranslatedAccessGoesWhereItSays() {
    assertThat(translated(5, PA + 8)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.tx.pa()).isEqualTo(PA + 8);
    assertThat(translated(5, 1L << 48)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void aTranslatedAccessIsForbiddenWhileTheSmmuIsDisabled() {
    guest.writeRegister("CR0", 0b1110);
    assertThat(translated(5, PA)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_TRANSL_FORBIDDEN"));
    assertThat(event.get("ssv")).isZero();
    assertThat(event.get("substream")).isZero();
    assertThat(event.get("rnw")).isZero();
    assertThat(event.get("input")).isEqualTo(PA);
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "5, 0", "5, 3"})
  void aTranslatedAccessIsForbiddenWhereTheStreamDeniesAts(int config, int eats) {
    stream(BareGuest.translatingSte(contexts).set("config", config).set("eats", eats));
    assertThat(translated(5, PA)).isEqualTo(Outcome.FAULTED);
    assertThat(event()).isEqualTo(Vectors.event("F_TRANSL_FORBIDDEN"));

    guest.writeRegister("CR0", 0b1111);
    assertThat(translated(5, PA)).isEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void aTranslatedAccessOfAnAbortedStreamEndsSilently() {
    stream(BareGuest.ste(0));
    assertThat(translated(5, PA)).isEqualTo(Outcome.TERMINATED);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"999, 2, false", "999, 8, true", "7, 2, false", "7, 8, true"})
  void forTranslatedAccessesRecCfgAtsAloneDecides(int streamId, int cr2, boolean recorded) {
    // Stream 999 is beyond the table, entry 7 is invalid.
    cr2(cr2);
    assertThat(translated(streamId, PA)).isEqualTo(recorded ? Outcome.FAULTED : Outcome.TERMINATED);
    assertThat(guest.takeEvents())
        .hasSize(recorded ? 1 : 0)
        .allSatisfy(event -> assertThat(event.get("ssv")).isZero());
  }

  @Test
  void aTranslatedAccessDoesNotLookAtContexts() {
    guest.memory.abortPageOf(contexts);
    assertThat(translated(5, PA)).isEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void takingAtsAwayFencesTheStreamOnceItsEntryIsInvalidated() {
    translated(5, PA);
    guest.storeSte(5, BareGuest.translatingSte(contexts).set("s1cdmax", 4).set("eats", 0));
    assertThat(translated(5, PA)).isEqualTo(Outcome.TRANSLATED);
    guest.perform(Structure.command("CFGI_STE").set("stream", 5));
    assertThat(translated(5, PA)).isEqualTo(Outcome.FAULTED);
  }
}
