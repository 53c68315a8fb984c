package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.port.AtsAnswer.Status;
import org.smmulator.smmu.port.Transaction.Outcome;

/**
 * Places where it is easy to go wrong, one test for each: those of structures, translation, ATS and
 * caching.
 */
class TrapTest {
  private static final int NONE = TwoStages.NONE;
  private static final long VA = TwoStages.VA;
  private static final long IPA = TwoStages.IPA;
  private static final long PA = TwoStages.PA;

  private final TwoStages two = new TwoStages();
  private final BareGuest guest = two.guest;

  private String event() {
    return TwoStages.describe(guest.takeEvent());
  }

  /** Stream 6 with a context of its own over the tables at {@code root}. */
  private void stream6(long root, String context) {
    long cd = guest.allocate(64);
    guest.store(cd, BareGuest.cd(2, root).with(context));
    guest.storeSte(6, BareGuest.translatingSte(cd));
    guest.perform(Structure.command("CFGI_STE").set("stream", 6));
  }

  // 3
  @Test
  void theSameCodeMeansAnotherGranuleInEachHalf() {
    // Code 1 is 64 KiB in TG0 and 16 KiB in TG1 (and 4 KiB in a TLBI).
    Tables lower = new Tables(guest, 16, 48, 1);
    Tables upper = new Tables(guest, 14, 48, 0);
    lower.map(0x1_0000, 3, BareGuest.page(PA));
    upper.map(-0x4000, 3, BareGuest.page(PA + 0x1_0000));
    long cd = guest.allocate(64);
    guest.store(
        cd,
        BareGuest.cd(2, lower.base()).with("tg0=1 epd1=0 t1sz=16 tg1=1").set("ttb1", upper.base()));
    guest.storeSte(6, BareGuest.translatingSte(cd));
    assertThat(guest.read(6, NONE, 0x1_8008)).isEqualTo(PA + 0x8008);
    assertThat(guest.read(6, NONE, -0x2000)).isEqualTo(PA + 0x1_2000);
  }

  // 4: HardwareUpdateTest.theBitsOfTheStagesAreNotInTheSameOrder

  // 6
  @Test
  void ns1atsIsInvertedAndSetWhereSplitStageAtsIsMissing() {
    assertThat(guest.readRegister("IDR0") >> 11 & 1).isZero();
    BareGuest without = BareGuest.up(Variants.of("-SPLIT_ATS"));
    assertThat(without.readRegister("IDR0") >> 11 & 1).isEqualTo(1);
    BareGuest noAts = BareGuest.up(Variants.of("-ATS"));
    assertThat(noAts.readRegister("IDR0") >> 11 & 1).isZero();
  }

  // 7
  @Test
  void splitStageAtsWithoutAtschkActsAsNoAtsButIsNotIllegal() {
    two.stream("eats=2");
    guest.writeRegister("CR0", 0b0_1111);
    assertThat(guest.request(5, NONE, VA, 1)).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(event()).isEqualTo("F_BAD_ATS_TREQ");
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  // 8
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aBypassedStreamHasNoAtsWhateverEatsSays(int eats) {
    two.stream("config=4 eats=" + eats);
    assertThat(guest.request(5, NONE, VA, 1)).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(event()).isEqualTo("F_BAD_ATS_TREQ");
    guest.smmu.checkTranslated(guest.tx.request(5, NONE, PA, false, false, false));
    assertThat(guest.tx.outcome()).isEqualTo(Outcome.FAULTED);
    assertThat(event()).isEqualTo("F_TRANSL_FORBIDDEN");
  }

  // 9
  @Test
  void substreamZeroIsDisabledWhereItIsTheDefault() {
    two.stream("s1cdmax=4 s1dss=2");
    assertThat(two.read(VA)).isEqualTo(PA);
    assertThat(guest.access(5, 0, VA, false)).isEqualTo(Outcome.FAULTED);
    Structure event = guest.takeEvent();
    assertThat(TwoStages.describe(event)).isEqualTo("F_STREAM_DISABLED");
    assertThat(event.word(0)).isEqualTo(5L << 32 | 6);
    two.stream("s1cdmax=4 s1dss=1");
    assertThat(guest.read(5, 0, VA)).isEqualTo(PA);
  }

  // 10
  @ParameterizedTest
  @CsvSource({"0, 0, 0", "2, 1, 0", "8, 0, 1", "10, 1, 1"})
  void aBadStreamIdIsSilentUnlessAskedForAndForTranslatedAccessesAnotherBitAsks(
      int cr2, int untranslated, int translated) {
    guest.setCr2(cr2);
    guest.access(999, NONE, VA, false);
    assertThat(guest.takeEvents()).hasSize(untranslated);
    guest.smmu.checkTranslated(guest.tx.request(999, NONE, PA, false, false, false));
    assertThat(guest.takeEvents()).hasSize(translated);
  }

  // 11
  @Test
  void aHalfThatNobodyUsesMakesTheContextIllegalUnlessItIsOff() {
    two.context("epd1=0 t1sz=16 tg1=0");
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_CD");
    two.context("epd1=1 t1sz=16 tg1=0");
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  // 12
  @Test
  void anAbortOfTheStage1WalkIsOfClassTtThoughOfStage1() {
    guest.memory.abortAt(two.stage1.slot(VA, 3));
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S1 TT");
    assertThat(two.event.get("fetch")).isEqualTo(two.stage1.slot(VA, 3));
  }

  // 13
  @Test
  void noBitSilencesConfigurationErrorsAndWalkAborts() {
    two.context("a=0 r=0");
    two.stream("s2r=0");
    guest.memory.abortAt(two.stage1.slot(VA, 0));
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S1 TT");
    guest.memory.abortAt(two.stage2.slot(two.stage1.slot(VA, 0) + TwoStages.OFFSET, 1));
    guest.invalidateAll();
    assertThat(two.fault(VA, false)).isEqualTo("F_WALK_EABT S2 CD");
    guest.memory.abortNothing();
    two.context("a=0 r=0 t0sz=63");
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_CD");
    guest.memory.abortAt(two.cd);
    guest.invalidateAll();
    assertThat(two.fault(VA, false)).isEqualTo("F_CD_FETCH");
  }

  // 16
  @Test
  void anInvalidationByAddressHitsGlobalPagesAndOneByAsidDoesNot() {
    Tables tables = new Tables(guest, 12, 48, 0);
    tables.map(VA, 3, BareGuest.page(PA).set("ng", 0));
    stream6(tables.base(), "");
    guest.read(6, NONE, VA);
    tables.map(VA, 3, BareGuest.page(PA + 0x1000).set("ng", 0));

    guest.perform(Structure.command("TLBI_NH_ASID").set("asid", 2));
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA);
    // Any ASID will do.
    guest.perform(Structure.command("TLBI_NH_VA").set("asid", 77).set("address", VA));
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA + 0x1000);
  }

  // 17
  @Test
  void globalPagesAreSharedOnlyWithinTheirAset() {
    Tables first = new Tables(guest, 12, 48, 0);
    Tables second = new Tables(guest, 12, 48, 0);
    first.map(VA, 3, BareGuest.page(PA).set("ng", 0));
    second.map(VA, 3, BareGuest.page(PA + 0x1000).set("ng", 0));
    stream6(first.base(), "asid=2 aset=1");
    guest.read(6, NONE, VA);
    stream6(second.base(), "asid=3 aset=1");
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA);
    stream6(second.base(), "asid=4 aset=0");
    assertThat(guest.read(6, NONE, VA)).isEqualTo(PA + 0x1000);
  }

  // 21
  @Test
  void structuresAreCachedThoughTheyAreNotValid() {
    two.stream("v=0");
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_STE");
    guest.storeSte(5, two.entry(""));
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_STE");
    guest.perform(Structure.command("CFGI_STE").set("stream", 5));
    assertThat(two.read(VA)).isEqualTo(PA);

    two.context("v=0");
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_CD");
    guest.store(two.cd, BareGuest.cd(1, two.stage1.base()));
    assertThat(two.fault(VA, false)).isEqualTo("C_BAD_CD");
    guest.perform(Structure.command("CFGI_CD").set("stream", 5));
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  // 22
  @Test
  void noConfigurationCommandTouchesTheTlb() {
    two.read(VA);
    two.stage2.map(IPA, 3, BareGuest.stage2Page(PA + 0x1000));
    two.map(VA, IPA + 0x1000);
    for (String command : new String[] {"CFGI_STE", "CFGI_CD", "CFGI_CD_ALL"}) {
      guest.perform(Structure.command(command).set("stream", 5));
    }
    guest.perform(Structure.command("CFGI_STE_RANGE").set("range", 31));
    assertThat(two.read(VA)).isEqualTo(PA);
  }

  // 23
  @Test
  void aStopMarkerIsNoRequestAndGetsNoResponse() {
    guest.writeRegister("CR0", 0b1_1101);
    guest.smmu.pageRequest(5, 7, VA, 0, PageRequestFlags.LAST);
    assertThat(guest.outputs.responses).isEmpty();
    guest.smmu.pageRequest(5, NONE, VA, 0, PageRequestFlags.LAST);
    assertThat(guest.outputs.responses).hasSize(1);
  }

  // 27
  @Test
  void whatTheUnprivilegedMayWriteThePrivilegedMayNotExecute() {
    assertThat(guest.access(5, NONE, VA, false, false, true)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.access(5, NONE, VA, false, true, true)).isEqualTo(Outcome.FAULTED);
    assertThat(event()).isEqualTo("F_PERMISSION S1 IN");
    two.stage1.map(VA, 3, BareGuest.page(IPA).set("ap2", 1));
    guest.invalidateAll();
    assertThat(guest.access(5, NONE, VA, false, true, true)).isEqualTo(Outcome.TRANSLATED);
  }

  // 28
  @Test
  void aWriteIsDataEvenIfTheBusOrTheStreamCallItAFetch() {
    two.stage1.map(VA, 3, BareGuest.page(IPA).with("uxn=1 pxn=1"));
    two.stream("instcfg=3");
    assertThat(guest.access(5, NONE, VA, true, false, true)).isEqualTo(Outcome.TRANSLATED);
    assertThat(guest.access(5, NONE, 0, true, false, true)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.takeEvent().get("ind")).isZero();
  }
}
