package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;
import static org.smmulator.device.DmaException.Status.COMPLETER_ABORT;
import static org.smmulator.device.DmaException.Status.REFUSED;
import static org.smmulator.device.DmaException.Status.UNSUPPORTED_REQUEST;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.device.fake.Packet;

class DeviceTranslationTest {
  private final DeviceBench bench;

  DeviceTranslationTest() throws Exception {
    bench = DeviceBench.withAts();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private List<Packet> requests() {
    return bench.root.packets().stream().filter(p -> p.type().isMemoryRequest()).toList();
  }

  private static Packet translationRequest(int pasid, long address, int noWrite) {
    return new Packet(TlpType.MEMORY_READ, 1, pasid, address, 8, 0, noWrite);
  }

  @Test
  void asksOnAMissAndReusesTheAnswerWithoutPasid() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);

    bench.read(PASID, VA + 0x10);
    bench.write(PASID, VA + 0x20);

    assertThat(requests())
        .containsExactly(
            translationRequest(PASID, VA, 1),
            new Packet(TlpType.MEMORY_READ, 2, -1, 0x5010, 8, 0, 0),
            new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x5020, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_HITS)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_FILLS)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.TRANSLATED_ACCESSES)).isEqualTo(2);
    assertThat(bench.latencies(LatencyHistogram.TRANSLATION_REQUEST)).isEqualTo(1);
  }

  @Test
  void asksForWritingWithoutNoWrite() {
    bench.root.map(NO_PASID, 0x1000, 0x5000, 12, RW);

    bench.write(NO_PASID, 0x1000);

    assertThat(requests().get(0)).isEqualTo(translationRequest(NO_PASID, 0x1000, 0));
  }

  @Test
  void asksAgainWhereTheKeptEntryOnlyAllowsReading() {
    bench.root.map(PASID, VA, 0x5000, 12, AtsEntry.READ);
    bench.read(PASID, VA);
    bench.root.map(PASID, VA, 0x6000, 12, RW);

    assertThat(bench.write(PASID, VA)).isNull();

    assertThat(requests().get(3))
        .isEqualTo(new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x6000, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(2);
    assertThat(bench.counter(DeviceCounter.ATC_EVICTIONS)).isZero();
  }

  @Test
  void usesTheRightPieceOfALargeTranslation() {
    bench.root.map(PASID, VA, 0x20_0000, 21, RW);

    bench.read(PASID, VA + 0x12_3450);

    assertThat(requests().get(1).address()).isEqualTo(0x20_0000 + 0x12_3450);
  }

  @Test
  void refusesWithoutPermissionIfPageRequestsAreDisabled() {
    bench.root.map(PASID, VA, 0x5000, 12, AtsEntry.READ);

    DmaException failure = DeviceBench.failed(bench.write(PASID, VA + 8));

    assertThat(failure.status()).isEqualTo(REFUSED);
    assertThat(failure.address()).isEqualTo(VA + 8);
    assertThat(bench.counter(DeviceCounter.ATC_FILLS)).isZero();
  }

  @Test
  void usesUntranslatedAccessWhereTheEntrySaysSo() {
    bench.root.map(PASID, VA, 0x5000, 12, RW | AtsEntry.UNTRANSLATED_ONLY);

    bench.read(PASID, VA);
    bench.write(PASID, VA);

    assertThat(requests())
        .containsExactly(
            translationRequest(PASID, VA, 1),
            new Packet(TlpType.MEMORY_READ, 0, PASID, VA, 8, 0, 0),
            new Packet(TlpType.MEMORY_WRITE, 0, PASID, VA, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.UNTRANSLATED_ACCESSES)).isEqualTo(2);
  }

  @Test
  void sendsUntranslatedWithPasidWhileAtsIsOff() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.disableAts();

    bench.read(PASID, VA);

    assertThat(requests()).containsExactly(new Packet(TlpType.MEMORY_READ, 0, PASID, VA, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.ATC_LOOKUPS)).isZero();
  }

  @Test
  void treatsAtsAsDisabledAfterUnsupportedRequestUntilItIsEnabledAgain() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.answerTranslationsWith(CompletionStatus.UR);

    DmaException failure = DeviceBench.failed(bench.read(PASID, VA));
    assertThat(failure.status()).isEqualTo(UNSUPPORTED_REQUEST);
    bench.root.answerTranslationsWith(CompletionStatus.SC);
    bench.read(PASID, VA);
    assertThat(requests().get(1).addressType()).isZero();

    bench.root.disableAts();
    bench.root.enableAts();
    bench.read(PASID, VA);
    assertThat(requests().get(2)).isEqualTo(translationRequest(PASID, VA, 1));
  }

  @Test
  void failsOnCompleterAbortAndAsksAgainNextTime() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.answerTranslationsWith(CompletionStatus.CA);

    DmaException failure = DeviceBench.failed(bench.read(PASID, VA));
    assertThat(failure.status()).isEqualTo(COMPLETER_ABORT);
    bench.root.answerTranslationsWith(CompletionStatus.SC);

    assertThat(bench.read(PASID, VA)).isNull();
    assertThat(bench.counter(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(2);
  }

  @Test
  void treatsAnAnswerBelowTheSmallestUnitLikeUnsupportedRequest() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.disableAts();
    bench.root.configWrite(bench.root.findExtended(0x000F) + 4, 1 << 31 | 1 << 16);

    DmaException failure = DeviceBench.failed(bench.read(PASID, VA));

    assertThat(failure.status()).isEqualTo(UNSUPPORTED_REQUEST);
  }

  @Test
  void asksOnceForAPageThatSeveralTransfersWaitFor() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.holdTranslations();
    List<CompletableFuture<@Nullable DmaException>> transfers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      transfers.add(bench.start(false, PASID, VA + 8L * i, new byte[8]));
    }
    bench.root.awaitHeldTranslations(1);
    bench.root.configRead(0);
    bench.root.releaseTranslations();
    transfers.forEach(DeviceBench::end);

    assertThat(bench.counter(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_HITS)).isEqualTo(3);
  }

  @Test
  void emptiesTheAtcWhenAtsIsEnabledAgain() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.read(PASID, VA);
    bench.root.disableAts();
    bench.root.enableAts();

    bench.read(PASID, VA);

    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(2);
    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isEqualTo(1);
  }

  @Test
  void emptiesTheAtcWhenPasidIsDisabled() {
    bench.root.map(NO_PASID, VA, 0x5000, 12, RW);
    bench.read(NO_PASID, VA);

    bench.root.configWrite(bench.root.findExtended(0x001B) + 4, 0);

    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isEqualTo(1);
  }

  @Test
  void throwsAwayAnAnswerFromBeforeAtsWasEnabledAgain() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> transfer =
        bench.startHeldTranslation(false, PASID, VA);
    bench.root.disableAts();
    bench.root.enableAts();
    bench.root.map(PASID, VA, 0x6000, 12, RW);
    bench.root.releaseTranslations();

    assertThat(DeviceBench.end(transfer)).isNull();

    assertThat(requests().get(2).address()).isEqualTo(0x6000);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isEqualTo(1);
  }

  @Test
  void goesOnUntranslatedIfAtsIsDisabledDuringARequest() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> transfer =
        bench.startHeldTranslation(false, PASID, VA);
    bench.root.disableAts();
    bench.root.releaseTranslations();

    assertThat(DeviceBench.end(transfer)).isNull();

    assertThat(requests().get(1)).isEqualTo(new Packet(TlpType.MEMORY_READ, 0, PASID, VA, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.ATC_FILLS)).isZero();
  }
}
