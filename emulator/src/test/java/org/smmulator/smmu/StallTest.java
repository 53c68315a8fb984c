package org.smmulator.smmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.smmu.RecordedOutputs.Resumed;
import org.smmulator.smmu.fault.StalledTransactions;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction.Outcome;

/** Faults that stall, and what software can do about them. */
class StallTest {
  private static final int NONE = BareGuest.NONE;
  private static final int STREAM = 5;
  private static final int OTHER = 6;
  private static final int PCIE = 7;
  private static final int STALL_MAX = 3;
  private static final long VA = 0x7fff_1234_5000L;
  private static final long PA = BareGuest.RAM + 0x800_0000L;

  private BareGuest guest = guest(features());
  private final long root = stallingStream(STREAM, 1);

  private static SmmuFeatures features() {
    return BareGuest.smallCaches()
        .change(f -> f.platformStreams(Set.of(STREAM, OTHER)).stallMax(STALL_MAX));
  }

  private static BareGuest guest(SmmuFeatures features) {
    return BareGuest.up(features);
  }

  private long stallingStream(int streamId, int asid) {
    long table = guest.allocate(4096);
    long context = guest.allocate(64);
    guest.store(context, BareGuest.cd(asid, table).set("s", 1));
    guest.storeSte(streamId, BareGuest.translatingSte(context));
    return table;
  }

  /** A read that stalls; its ticket. */
  private long stall(int streamId, long address) {
    assertThat(guest.access(streamId, NONE, address, false)).isEqualTo(Outcome.STALLED);
    return guest.tx.ticket();
  }

  private void resume(int streamId, long stag, boolean again, boolean abort) {
    guest.submit(
        Structure.command("RESUME")
            .set("stream", streamId)
            .set("stag", stag)
            .set("ac", again ? 1 : 0)
            .set("ab", abort ? 1 : 0));
    guest.run();
  }

  private void retry(Structure event) {
    resume((int) event.get("stream"), event.get("stag"), true, false);
  }

  private List<Long> resumedTickets() {
    List<Long> tickets = new ArrayList<>();
    guest.outputs.resumed.forEach(resumed -> tickets.add(resumed.ticket()));
    return tickets;
  }

  @Test
  void aFaultOfAPlatformStreamWaitsForSoftwareUnderATag() {
    stall(STREAM, VA);
    Structure event = guest.takeEvent();
    assertThat(event.get("id")).isEqualTo(Vectors.event("F_TRANSLATION"));
    assertThat(event.get("stall")).isEqualTo(1);
    assertThat(event.get("stream")).isEqualTo(STREAM);
    assertThat(event.get("input")).isEqualTo(VA);
    assertThat(event.get("rnw")).isEqualTo(1);
    assertThat(guest.outputs.resumed).isEmpty();
  }

  @Test
  void stalledTransactionsAreCountedOnceAndUntilTheyAreDone() {
    stall(STREAM, VA);
    stall(STREAM, VA + 0x1000);
    assertThat(guest.smmu.counters().of(SmmuCounter.STALLS)).isEqualTo(2);
    assertThat(guest.smmu.counters().of(SmmuCounter.STALLED_NOW)).isEqualTo(2);
    Structure first = guest.takeEvents().get(0);
    retry(first); // stalls again
    assertThat(guest.smmu.counters().of(SmmuCounter.STALLS)).isEqualTo(2);
    resume(STREAM, guest.takeEvent().get("stag"), false, true);
    assertThat(guest.smmu.counters().of(SmmuCounter.STALLED_NOW)).isEqualTo(1);
  }

  @Test
  void aRetryUsesTheTablesAsTheyAreNow() {
    long ticket = stall(STREAM, VA + 0x78);
    Structure event = guest.takeEvent();
    guest.map(root, VA, PA);
    retry(event);
    assertThat(guest.outputs.resumed)
        .isEqualTo(List.of(new Resumed(ticket, Outcome.TRANSLATED, false, PA + 0x78)));
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void aRetryThatFaultsAgainHasANewRecordAndTheSameTicket() {
    long ticket = stall(STREAM, VA);
    Structure first = guest.takeEvent();
    retry(first);
    assertThat(guest.outputs.resumed).isEmpty();
    Structure second = guest.takeEvent();
    assertThat(second.get("stag")).isNotEqualTo(first.get("stag"));

    guest.map(root, VA, PA);
    retry(first);
    assertThat(guest.outputs.resumed).isEmpty();
    retry(second);
    assertThat(resumedTickets()).isEqualTo(List.of(ticket));
  }

  @ParameterizedTest
  @CsvSource({"false, true", "true, false"})
  void softwareTerminatesWithAnAbortOrReadingZeroes(boolean abort, boolean razWi) {
    stall(STREAM, VA);
    resume(STREAM, guest.takeEvent().get("stag"), false, abort);
    Resumed resumed = guest.outputs.resumed.get(0);
    assertThat(resumed.outcome()).isNotEqualTo(Outcome.TRANSLATED);
    assertThat(resumed.razWi()).isEqualTo(razWi);
  }

  @Test
  void aFaultOfStage2StallsToo() {
    guest.storeSte(
        OTHER,
        BareGuest.ste(0b110)
            .set("s2vmid", 1)
            .set("s2t0sz", 25)
            .set("s2sl0", 1)
            .set("s2ps", 5)
            .set("s2aa64", 1)
            .set("s2s", 1)
            .set("s2ttb", guest.allocate(4096)));
    stall(OTHER, 0x5000);
    Structure event = guest.takeEvent();
    assertThat(event.get("s2")).isEqualTo(1);
    assertThat(event.get("ipa")).isEqualTo(0x5000);
    resume(OTHER, event.get("stag"), false, false);
    assertThat(guest.outputs.resumed.get(0).razWi()).isTrue();
  }

  @Test
  void whereFaultsEndWithAnAbortAloneThereAreNoZeroesToRead() {
    guest = guest(features().with(Feature.TERM_MODEL));
    long unused = stallingStream(STREAM, 1);
    stall(STREAM, VA);
    resume(STREAM, guest.takeEvent().get("stag"), false, false);
    assertThat(guest.outputs.resumed).hasSize(1);
    assertThat(guest.outputs.resumed.get(0).razWi()).isFalse();
  }

  @Test
  void anotherTagOrAnotherStreamMeansNothing() {
    stall(STREAM, VA);
    long stag = guest.takeEvent().get("stag");
    resume(STREAM, stag ^ 1, false, true);
    resume(OTHER, stag, false, true);
    assertThat(guest.outputs.resumed).isEmpty();
    assertThat(guest.activeErrors()).isZero();
    resume(STREAM, stag, false, true);
    resume(STREAM, stag, false, true);
    assertThat(guest.outputs.resumed).hasSize(1);
  }

  @Test
  void accessesOfOnePageAreReportedOnceAndRetriedTogether() {
    long first = stall(STREAM, VA);
    long second = stall(STREAM, VA + 8);
    Structure event = guest.takeEvent();
    guest.map(root, VA, PA);
    retry(event);
    assertThat(guest.outputs.resumed)
        .isEqualTo(
            List.of(
                new Resumed(first, Outcome.TRANSLATED, false, PA),
                new Resumed(second, Outcome.TRANSLATED, false, PA + 8)));
  }

  @Test
  void aFollowerIsRetriedWhateverBecomesOfTheFirst() {
    long first = stall(STREAM, VA);
    long second = stall(STREAM, VA + 8);
    resume(STREAM, guest.takeEvent().get("stag"), false, true);
    assertThat(resumedTickets()).isEqualTo(List.of(first));
    // It faulted again, and now it is the first.
    Structure event = guest.takeEvent();
    assertThat(event.get("input")).isEqualTo(VA + 8);
    resume(STREAM, event.get("stag"), false, true);
    assertThat(resumedTickets()).isEqualTo(List.of(first, second));
  }

  @Test
  void anotherKindOfAccessHasItsOwnRecord() {
    stall(STREAM, VA);
    assertThat(guest.access(STREAM, NONE, VA, true)).isEqualTo(Outcome.STALLED);
    assertThat(guest.access(STREAM, NONE, VA, false, true, false)).isEqualTo(Outcome.STALLED);
    List<Structure> events = guest.takeEvents();
    assertThat(events).hasSize(3);
    assertThat(events.stream().map(event -> event.get("stag")).distinct()).hasSize(3);
  }

  @Test
  void noMoreThanStallMaxAreReportedAtATime() {
    for (int i = 0; i <= STALL_MAX; i++) {
      stall(STREAM, VA + i * 0x1000L);
    }
    List<Structure> events = guest.takeEvents();
    assertThat(events).hasSize(STALL_MAX);
    resume(STREAM, events.get(1).get("stag"), false, true);
    assertThat(guest.takeEvent().get("input")).isEqualTo(VA + STALL_MAX * 0x1000L);
  }

  @Test
  void aFaultThatIsGoneWhenItCouldBeReportedIsNot() {
    long last = 0;
    for (int i = 0; i <= STALL_MAX; i++) {
      last = stall(STREAM, VA + i * 0x1000L);
    }
    List<Structure> events = guest.takeEvents();
    guest.map(root, VA + STALL_MAX * 0x1000L, PA);
    resume(STREAM, events.get(0).get("stag"), false, true);
    assertThat(guest.takeEvents()).isEmpty();
    assertThat(resumedTickets()).contains(last);
  }

  // The event queue

  private void fillEventQueue() {
    for (int i = 0; i < 1 << BareGuest.QUEUE_LOG2; i++) {
      guest.access(1000 + i, NONE, 0, false);
    }
  }

  @Test
  void aFullEventQueueIsNotOverflowedByAStallButReportsItLater() {
    fillEventQueue();
    stall(STREAM, VA);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(16);
    guest.writeRegister("EVENTQ_CONS", 16);
    assertThat(guest.takeEvent().get("stall")).isEqualTo(1);
  }

  @Test
  void aStallWaitsForTheEventQueueToBeEnabled() {
    guest.writeRegister("CR0", 0b1011);
    stall(STREAM, VA);
    assertThat(guest.readRegister("EVENTQ_PROD")).isZero();
    guest.writeRegister("CR0", 0b1111);
    assertThat(guest.takeEvent().get("stall")).isEqualTo(1);
  }

  @Test
  void aStallWhoseRecordAbortedIsReportedOnceTheErrorIsAcknowledged() {
    guest.access(STREAM, NONE, VA, false, true, false);
    guest.takeEvents();
    // Fill the configuration cache; then the walk reads one descriptor, and the record follows.
    guest.memory.abortNth(2);
    stall(STREAM, VA);
    assertThat(guest.activeErrors()).isEqualTo(1 << 2);
    assertThat(guest.readRegister("EVENTQ_PROD")).isEqualTo(1);
    guest.acknowledgeErrors();
    assertThat(guest.takeEvent().get("stall")).isEqualTo(1);
  }

  // Termination

  @Test
  void terminatingAStreamAbortsAllOfItAndNothingElse() {
    long unused = stallingStream(OTHER, 2);
    stall(OTHER, VA);
    List<Long> tickets = new ArrayList<>();
    tickets.add(stall(STREAM, VA));
    tickets.add(stall(STREAM, VA + 8));
    tickets.add(stall(STREAM, VA + 0x1000));
    tickets.add(stall(STREAM, VA + 0x2000));
    List<Structure> events = guest.takeEvents();
    assertThat(events).hasSize(STALL_MAX);

    guest.submit(Structure.command("STALL_TERM").set("stream", STREAM));
    guest.run();

    assertThat(resumedTickets()).containsExactlyInAnyOrderElementsOf(tickets);
    assertThat(guest.outputs.resumed)
        .noneMatch(resumed -> resumed.razWi() || resumed.outcome() == Outcome.TRANSLATED);
    assertThat(guest.takeEvents()).isEmpty();
    resume(OTHER, events.get(0).get("stag"), false, true);
    assertThat(guest.outputs.resumed).hasSize(5);
  }

  @Test
  void disablingTheSmmuAbortsWhatIsStalledAndFreesItsTags() {
    for (int i = 0; i <= STALL_MAX; i++) {
      stall(STREAM, VA + i * 0x1000L);
    }
    List<Structure> events = guest.takeEvents();
    guest.writeRegister("CR0", 0b1_1110);
    assertThat(guest.outputs.resumed).hasSize(STALL_MAX + 1).noneMatch(Resumed::razWi);
    retry(events.get(0));
    assertThat(guest.outputs.resumed).hasSize(STALL_MAX + 1);

    guest.writeRegister("CR0", 0b1_1111);
    stall(STREAM, VA);
    assertThat(guest.takeEvents()).hasSize(1);
  }

  @Test
  void aResetAbortsWhatIsStalled() {
    stall(STREAM, VA);
    guest.smmu.reset();
    assertThat(guest.outputs.resumed).hasSize(1);
    assertThat(guest.outputs.resumed.get(0).outcome()).isNotEqualTo(Outcome.TRANSLATED);
  }

  @Test
  void invalidationsLeaveAStalledTransactionAlone() {
    long ticket = stall(STREAM, VA);
    Structure event = guest.takeEvent();
    guest.storeSte(STREAM, BareGuest.ste(0b100));
    guest.invalidateAll();
    assertThat(guest.outputs.resumed).isEmpty();
    retry(event);
    assertThat(guest.outputs.resumed)
        .isEqualTo(List.of(new Resumed(ticket, Outcome.TRANSLATED, false, VA)));
  }

  @Test
  void transactionsOvertakeAStalledOne() {
    stall(STREAM, VA);
    guest.map(root, VA + 0x1000, PA);
    assertThat(guest.read(STREAM, NONE, VA + 0x1000)).isEqualTo(PA);
  }

  @Test
  void aPcieStreamNeverStalls() {
    long unused = stallingStream(PCIE, 2);
    assertThat(guest.access(PCIE, NONE, VA, false)).isEqualTo(Outcome.FAULTED);
    assertThat(guest.tx.isRazWi()).isFalse();
    Structure event = guest.takeEvent();
    assertThat(event.get("stall")).isZero();
    assertThat(event.get("stag")).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTranslationRequestNeverStalls(boolean mapped) {
    if (mapped) {
      guest.map(root, VA, PA);
    }
    assertThat(guest.request(STREAM, NONE, VA, 1)).isEqualTo(AtsAnswer.Status.SUCCESS);
    assertThat(guest.takeEvents()).isEmpty();
  }

  @Test
  void whatDevicesCanMakeTheSmmuHoldIsBounded() {
    for (int i = 0; i < StalledTransactions.CAPACITY; i++) {
      stall(STREAM, VA + i * 8L % 0x1000);
    }
    assertThat(guest.access(STREAM, NONE, VA, false)).isNotEqualTo(Outcome.STALLED);
    assertThat(guest.tx.isRazWi()).isFalse();

    resume(STREAM, guest.takeEvents().get(0).get("stag"), false, true);
    assertThat(guest.outputs.resumed).hasSize(1);
    stall(STREAM, VA);
  }
}
