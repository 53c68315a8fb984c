package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.arch.event.EventType;
import org.smmulator.smmu.fault.Fault;
import org.smmulator.smmu.feature.Architecture;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.Transaction;

/** Each kind of event record, bit by bit. */
class EventRecordTest {
  private static final int SUBSTREAM = 0xabcde;
  private static final long INPUT = 0xff00_7fff_1234_5678L;
  private static final long IPA = 0xabcd_1234_5678L;
  private static final int CD = 0;
  private static final int TT = 1;
  private static final int IN = 2;

  private final EventRecords events = new EventRecords(SmmuFeatures.defaults());
  private final Transaction tx =
      new Transaction().request(0x8000_0105, SUBSTREAM, INPUT, false, true, true);

  private Structure record(Fault fault) {
    events.recorder.record(fault, tx);
    return events.take().get(0);
  }

  private Structure expected(String event) {
    return new Structure("event", 4)
        .set("id", Vectors.event(event))
        .set("ssv", 1)
        .set("substream", SUBSTREAM)
        .set("stream", 0x8000_0105L);
  }

  private Structure expectedAccess(String event) {
    return expected(event).set("pnu", 1).set("ind", 1).set("rnw", 1).set("input", INPUT);
  }

  private static void assertSame(Structure actual, Structure expected) {
    assertThat(actual.toString()).isEqualTo(expected.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"C_BAD_STREAMID", "C_BAD_STE", "C_BAD_CD", "F_CFG_CONFLICT"})
  void configurationErrorsNameTheTransactionAlone(String event) {
    assertSame(record(Fault.of(EventType.valueOf(event))), expected(event));
  }

  @Test
  void aTransactionWithoutSubstreamHasNoValidSubstream() {
    tx.request(5, Transaction.NO_SUBSTREAM, INPUT, false, false, false);
    assertSame(
        record(Fault.of(EventType.C_BAD_STE)),
        new Structure("event", 4).set("id", Vectors.event("C_BAD_STE")).set("stream", 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"F_STE_FETCH", "F_CD_FETCH", "F_VMS_FETCH"})
  void fetchErrorsNameTheAddressInTheLastWord(String event) {
    assertSame(
        record(new Fault().configuration(EventType.valueOf(event), 0x4000_1238L)),
        expected(event).set("fetch", 0x4000_1238L));
  }

  @Test
  void aDisabledStreamIsNamedWithoutItsSubstream() {
    assertSame(
        record(Fault.of(EventType.F_STREAM_DISABLED)),
        new Structure("event", 4)
            .set("id", Vectors.event("F_STREAM_DISABLED"))
            .set("stream", 0x8000_0105L));
  }

  @Test
  void aBadSubstreamIsNamedWithoutAValidBit() {
    assertSame(
        record(Fault.of(EventType.C_BAD_SUBSTREAMID)), expected("C_BAD_SUBSTREAMID").set("ssv", 0));
  }

  @Test
  void aForbiddenTranslatedAccessShowsDirectionAndAddressOnly() {
    assertSame(
        record(Fault.of(EventType.F_TRANSL_FORBIDDEN)),
        new Structure("event", 4)
            .set("id", Vectors.event("F_TRANSL_FORBIDDEN"))
            .set("stream", 0x8000_0105L)
            .set("rnw", 1)
            .set("input", INPUT));
  }

  @Test
  void aBadTranslationRequestShowsWhatWasWanted() {
    events.recorder.recordBadTranslationRequest(tx, 3);
    assertSame(
        events.take().get(0),
        expected("F_BAD_ATS_TREQ")
            .set("span", 3)
            .set("ats_p", 1)
            .set("ats_x", 1)
            .set("ats_r", 1)
            .set("input", INPUT & ~0xfffL));
    events.recorder.recordBadTranslationRequest(
        tx.request(5, Transaction.NO_SUBSTREAM, 0, true, false, false), 16);
    Structure second = events.take().get(0);
    assertThat(second.get("ats_w")).isEqualTo(1);
    assertThat(second.get("ats_p")).isZero();
    assertThat(second.get("span")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"F_TRANSLATION", "F_ADDR_SIZE", "F_ACCESS", "F_PERMISSION"})
  void aFaultOfStage1IsOfClassInWithoutIpa(String event) {
    assertSame(
        record(new Fault().stage1(EventType.valueOf(event))),
        expectedAccess(event).set("class", IN));
  }

  @ParameterizedTest
  @CsvSource({
    "F_TRANSLATION, 0, 0",
    "F_ADDR_SIZE, 1, 0",
    "F_ACCESS, 2, 0",
    "F_PERMISSION, 0, 0",
    "F_PERMISSION, 1, 1",
    "F_PERMISSION, 2, 0"
  })
  void aFaultOfStage2SaysForWhatAndWhichPage(String event, int walkClass, int ttRead) {
    assertSame(
        record(new Fault().stage2(EventType.valueOf(event), walkClass, IPA)),
        expectedAccess(event)
            .set("s2", 1)
            .set("class", walkClass)
            .set("ttrnw", ttRead)
            .set("ipa", IPA & ~0xfffL));
  }

  @Test
  void aRefusedDescriptorUpdateIsAWriteOfTheTable() {
    Fault fault = new Fault().stage2(EventType.F_PERMISSION, TT, IPA);
    fault.onDescriptorWrite();
    Structure record = record(fault);
    assertThat(record.get("ttrnw")).isZero();
    // Of the client, it is still what the client did.
    assertThat(record.get("rnw")).isEqualTo(1);
  }

  @Test
  void anAbortedWalkNamesTheDescriptor() {
    assertSame(
        record(new Fault().stage1WalkAbort(0x4000_1238L)),
        expectedAccess("F_WALK_EABT").set("class", TT).set("fetch", 0x4000_1238L));
    assertSame(
        record(new Fault().stage2WalkAbort(CD, IPA, 0x4000_1238L)),
        expectedAccess("F_WALK_EABT").set("s2", 1).set("class", CD).set("fetch", 0x4000_1238L));
  }

  @Test
  void aConflictHasNoClass() {
    assertSame(
        record(new Fault().stage2(EventType.F_TLB_CONFLICT, IN, IPA)),
        expectedAccess("F_TLB_CONFLICT").set("s2", 1).set("ipa", IPA & ~0xfffL));
  }

  @Test
  void anUnsupportedTransactionShowsTheAttributesOfTheBus() {
    tx.treatAs(false, false);
    assertSame(record(Fault.of(EventType.F_UUT)), expectedAccess("F_UUT"));
  }

  @Test
  void aFaultShowsTheAttributesThatTheStreamMakesOfThose() {
    tx.treatAs(false, false);
    assertSame(
        record(new Fault().stage1(EventType.F_ACCESS)),
        expectedAccess("F_ACCESS").set("pnu", 0).set("ind", 0).set("class", IN));
  }

  @Test
  void aHintNamesTheAccessThatWouldHaveBeenWelcome() {
    assertSame(
        record(Fault.of(EventType.E_PAGE_REQUEST)),
        expected("E_PAGE_REQUEST").set("px", 1).set("input", INPUT & ~0xfffL));
    tx.request(5, SUBSTREAM, INPUT, true, false, false);
    assertThat(record(Fault.of(EventType.E_PAGE_REQUEST)).get("uw")).isEqualTo(1);
    tx.request(5, SUBSTREAM, INPUT, false, false, false);
    assertThat(record(Fault.of(EventType.E_PAGE_REQUEST)).get("ur")).isEqualTo(1);
  }

  @Test
  void aStallHasItsTag() {
    assertThat(
            events.recorder.recordStall(
                new Fault().stage2(EventType.F_TRANSLATION, IN, IPA), tx, 0xbeef))
        .isTrue();
    assertSame(
        events.take().get(0),
        expectedAccess("F_TRANSLATION")
            .set("stall", 1)
            .set("stag", 0xbeef)
            .set("s2", 1)
            .set("class", IN)
            .set("ipa", IPA & ~0xfffL));
  }

  @ParameterizedTest
  @EnumSource(value = EventType.class, names = "F_BAD_ATS_TREQ", mode = EnumSource.Mode.EXCLUDE)
  void everyEventIsRecordedAndCounted(EventType type) {
    assertThat(record(Fault.of(type)).get("id")).isEqualTo(Vectors.event(type.name()));
    assertThat(events.recorder.counts()).containsEntry(type, 1L).hasSize(1);
  }

  @Test
  void addressesEndWhereTheSmmusAddressesEnd() {
    EventRecords small =
        new EventRecords(SmmuFeatures.defaults().change(f -> f.outputAddressBits(40)));
    small.recorder.record(new Fault().stage2(EventType.F_ACCESS, IN, -1L), tx);
    small.recorder.record(new Fault().stage1WalkAbort(-1L), tx);
    List<Structure> records = small.take();
    assertThat(records.get(0).get("ipa")).isEqualTo(0xff_ffff_f000L);
    assertThat(records.get(1).get("fetch")).isEqualTo(0xff_ffff_fff8L);

    EventRecords old =
        new EventRecords(
            SmmuFeatures.defaults()
                .change(f -> f.outputAddressBits(52).architecture(Architecture.V3_0)));
    old.recorder.record(new Fault().stage2(EventType.F_ACCESS, IN, -1L), tx);
    assertThat(old.take().get(0).get("ipa")).isEqualTo(0xffff_ffff_f000L);
  }

  // Merging

  private void fault(long address, boolean mergeable) {
    tx.request(5, 7, address, false, false, false);
    events.recorder.record(new Fault().stage1(EventType.F_TRANSLATION), tx, mergeable);
  }

  @Test
  void recordsOfOnePageMergeWhereTheStreamAllowsIt() {
    fault(0x1000, true);
    fault(0x1ff8, true);
    assertThat(events.take()).hasSize(1);
    // Once read, the next one is news.
    fault(0x1000, true);
    assertThat(events.take()).hasSize(1);
  }

  @Test
  void withoutLeaveNothingMerges() {
    fault(0x1000, false);
    fault(0x1000, false);
    assertThat(events.take()).hasSize(2);
  }

  @Test
  void recordsThatDifferInMoreThanTheOffsetDoNotMerge() {
    fault(0x1000, true);
    fault(0x2000, true);
    tx.request(5, 7, 0x2000, true, false, false);
    events.recorder.record(new Fault().stage1(EventType.F_TRANSLATION), tx, true);
    tx.request(6, 7, 0x2000, true, false, false);
    events.recorder.record(new Fault().stage1(EventType.F_TRANSLATION), tx, true);
    events.recorder.record(new Fault().stage2(EventType.F_TRANSLATION, IN, 0x1000), tx, true);
    events.recorder.record(new Fault().stage2(EventType.F_TRANSLATION, IN, 0x2000), tx, true);
    assertThat(events.take()).hasSize(6);
  }

  @Test
  void aFullQueueStillMerges() {
    for (int i = 0; i < 16; i++) {
      fault(i << 12, true);
    }
    fault(15 << 12 | 8, true);
    assertThat(events.read("EVENTQ_PROD")).isEqualTo(16);
    fault(16 << 12, true);
    assertThat(events.read("EVENTQ_PROD")).isEqualTo(16 | 1L << 31);
  }

  @Test
  void aQueueThatWasOffHasNoRecordToMergeWith() {
    fault(0x1000, true);
    events.write("CR0", 0);
    events.write("CR0", 0b100);
    fault(0x1000, true);
    assertThat(events.take()).hasSize(2);
  }

  @Test
  void stallsDoNotMerge() {
    tx.request(5, 7, 0x1000, false, false, false);
    Fault fault = new Fault().stage1(EventType.F_TRANSLATION);
    events.recorder.recordStall(fault, tx, 1);
    events.recorder.recordStall(fault, tx, 1);
    assertThat(events.take()).hasSize(2);
  }
}
