package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.PageRequestFlags;
import org.smmulator.smmu.port.SmmuInterrupt;
import org.smmulator.smmu.port.Transaction;

/** What is easy to get wrong about events, page requests and interrupts. */
class EventTrapsTest {
  private static final long OVERFLOW = 0x8000_0000L;
  private final BareGuest guest = BareGuest.up();

  /** Makes the SMMU record one event. */
  private void fault(int streamId) {
    guest.access(1000 + streamId, BareGuest.NONE, 0, false);
  }

  private void faults(int count) {
    for (int i = 0; i < count; i++) {
      fault(i);
    }
  }

  @Test
  void aFullEventQueueIsAnOverflowAndNoError() {
    faults(17);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(16 | OVERFLOW);
    assertThat(guest.activeErrors()).isZero();
  }

  @Test
  void anOverflowOfEventsHoldsNothingBack() {
    faults(17);
    guest.writeRegister("EVENTQ_CONS", 16);
    fault(99);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(17 | OVERFLOW);

    guest.writeRegister("EVENTQ_CONS", 17 | OVERFLOW);
    faults(17);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo((17 + 16) % 32);
  }

  @Test
  void theEventQueueInterruptsWhenItStopsBeingEmptyOnly() {
    faults(3);
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.EVENTQ));
    assertThat(guest.takeEvents()).hasSize(3);
    fault(0);
    assertThat(guest.outputs.pulses).hasSize(2);
  }

  @Test
  void anOverflowOfPageRequestsHoldsBackEverything() {
    for (int i = 0; i < 17; i++) {
      guest.smmu.pageRequest(5, 7, 0x1000, i, PageRequestFlags.READ);
    }
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(16 | OVERFLOW);
    guest.writeRegister("PRIQ_CONS", 16);
    guest.smmu.pageRequest(5, 7, 0x1000, 17, PageRequestFlags.READ);
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(16 | OVERFLOW);
    guest.writeRegister("PRIQ_CONS", 16 | OVERFLOW);
    guest.smmu.pageRequest(5, 7, 0x1000, 18, PageRequestFlags.READ);
    assertThat(guest.readRegister("PRIQ_PROD")).isEqualTo(17 | OVERFLOW);
  }

  @Test
  void aStopMarkerIsWrittenAndNeverAnswered() {
    guest.smmu.pageRequest(5, 7, 0, 0, PageRequestFlags.LAST);
    assertThat(guest.takePageRequests()).hasSize(1);
    guest.writeRegister("CR0", 0b1_1101);
    guest.smmu.pageRequest(5, 7, 0, 0, PageRequestFlags.LAST);
    assertThat(guest.outputs.responses).isEmpty();
    // The same without PASID is a request.
    guest.smmu.pageRequest(5, BareGuest.NONE, 0, 0, PageRequestFlags.LAST);
    assertThat(guest.outputs.responses).hasSize(1);
  }

  @Test
  void aBadStreamIdIsSilentUnlessSoftwareAskedToHearOfIt() {
    guest.writeRegister("CR0", 0b1_1110);
    guest.writeRegister("CR2", 0b1000);
    guest.writeRegister("CR0", 0b1_1111);
    fault(0);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 1", "1, 0"})
  void aSilentContextIsNotSilentAboutAnAbortedWalk(int a, int r) {
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(1, guest.allocate(4096)).set("a", a).set("r", r));
    guest.storeSte(5, BareGuest.translatingSte(context));
    guest.access(5, BareGuest.NONE, 0x1000, false);
    guest.takeEvents();
    guest.memory.abortNth(1);
    assertThat(guest.access(5, BareGuest.NONE, 0x1000, false))
        .isEqualTo(Transaction.Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_WALK_EABT"));
  }

  @Test
  void anAbortedWalkOfStage1IsOfClassTt() {
    long root = guest.translatingStream(5, 1);
    guest.access(5, BareGuest.NONE, 0x1000, false);
    guest.takeEvents();
    guest.memory.abortNth(1);
    guest.access(5, BareGuest.NONE, 0x1000, false);
    Structure event = guest.takeEvent();
    assertThat(event.get("class")).isEqualTo(1);
    assertThat(event.get("s2")).isZero();
    assertThat(event.get("fetch")).isEqualTo(root);
  }

  @Test
  void aWriteIsAlwaysDataInItsRecord() {
    long unused = guest.translatingStream(5, 1);
    guest.access(5, BareGuest.NONE, 0x1000, true, true, true);
    Structure event = guest.takeEvent();
    assertThat(event.get("ind")).isZero();
    assertThat(event.get("rnw")).isZero();
    assertThat(event.get("pnu")).isEqualTo(1);
  }

  @Test
  void aRecordShowsWhatTheStreamMakesOfAnAccess() {
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(1, guest.allocate(4096)));
    guest.storeSte(5, BareGuest.translatingSte(context).set("privcfg", 3).set("instcfg", 3));
    guest.access(5, BareGuest.NONE, 0x1000, false);
    Structure event = guest.takeEvent();
    assertThat(event.get("pnu")).isEqualTo(1);
    assertThat(event.get("ind")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0, 2", "1, 1"})
  void recordsOfOnePageMergeOnlyWhereTheStreamAllowsIt(int mev, int records) {
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(1, guest.allocate(4096)));
    guest.storeSte(5, BareGuest.translatingSte(context).set("mev", mev));
    guest.access(5, BareGuest.NONE, 0x1000, false);
    guest.access(5, BareGuest.NONE, 0x1008, false);
    assertThat(guest.takeEvents()).hasSize(records);
  }

  /** Flags are in the second word from bit 33 on, and not in the third. */
  @Test
  void flagsOfARecordAreInItsSecondWord() {
    long unused = guest.translatingStream(5, 1);
    guest.access(5, BareGuest.NONE, 0x7fff_0000_1000L, false, true, true);
    Structure event = guest.takeEvent();
    assertThat(event.word(1)).isEqualTo(7L << 33 | 2L << 40);
    assertThat(event.word(2)).isEqualTo(0x7fff_0000_1000L);
  }

  @Test
  void aSubstreamIsShownWithItsValidBit() {
    guest.access(1000, 0, 0, false);
    assertThat(guest.takeEvent().word(0)).isEqualTo(1000L << 32 | 1 << 11 | 2);
  }

  @Test
  void anUnreadableContextIsNamedInTheLastWord() {
    long context = guest.allocate(4096);
    guest.storeSte(5, BareGuest.translatingSte(context));
    guest.memory.abortPageOf(context);
    guest.access(5, BareGuest.NONE, 0x1000, false);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_CD_FETCH"));
    assertThat(event.word(2)).isZero();
    assertThat(event.word(3)).isEqualTo(context);
  }

  @Test
  void theProducerKeepsItsWrapAndItsOverflowFlag() {
    faults(17);
    assertThat(guest.takeEvents()).hasSize(16);
    faults(16);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(OVERFLOW);
    faults(1);
    assertThat(guest.readRegister("EVENTQ_PROD")).isZero();
  }

  @Test
  void withoutAnAddressThereIsTheWireAlone() {
    guest.writeRegister("IRQ_CTRL", 0);
    guest.writeRegister("EVENTQ_IRQ_CFG1", 100);
    guest.writeRegister("IRQ_CTRL", 0b100);
    fault(0);
    assertThat(guest.msis).isEmpty();
    assertThat(guest.outputs.pulses).isEqualTo(List.of(SmmuInterrupt.EVENTQ));
  }

  @Test
  void enablingAnInterruptDoesNotReplayWhatWasMissed() {
    guest.writeRegister("IRQ_CTRL", 0);
    fault(0);
    guest.writeRegister("IRQ_CTRL", 0b111);
    fault(1);
    assertThat(guest.outputs.pulses).isEmpty();
  }
}
