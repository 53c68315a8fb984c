package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.PageResponseCode;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.device.fake.Packet;
import org.smmulator.device.fake.PageRequestPolicy;

class AtcInvalidationTest {
  private DeviceBench bench;

  AtcInvalidationTest() throws Exception {
    bench = DeviceBench.withAts();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void dropsTheEntryAndAcknowledges() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.read(PASID, VA);

    int itag = bench.root.invalidate(PASID, false, VA, 12);
    bench.root.awaitAcknowledged(itag);
    bench.read(PASID, VA);

    assertThat(bench.counter(DeviceCounter.INVALIDATION_REQUESTS)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.ATC_MISSES)).isEqualTo(2);
    assertThat(bench.latencies(LatencyHistogram.INVALIDATION)).isEqualTo(1);
  }

  @Test
  void holdsTheCompletionUntilReadsThroughTheTranslationAreCompleted() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);

    int itag = bench.root.invalidate(PASID, false, VA, 12);
    assertThat(bench.root.isAcknowledged(itag)).isFalse();
    bench.root.releaseReads();

    assertThat(DeviceBench.end(reader)).isNull();
    bench.root.awaitAcknowledged(itag);
  }

  @Test
  void doesNotHoldTheCompletionForReadsElsewhere() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);

    int itag = bench.root.invalidate(PASID, false, VA + 0x1000, 12);

    assertThat(bench.root.isAcknowledged(itag)).isTrue();
    bench.root.releaseReads();
    DeviceBench.end(reader);
  }

  @Test
  void holdsTheCompletionForAReadThroughALargeTranslationThatIsMetInPart() {
    bench.root.map(PASID, VA, 0x20_0000, 21, RW);
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);

    int itag = bench.root.invalidate(PASID, false, VA + 0x5000, 12);

    assertThat(bench.root.isAcknowledged(itag)).isFalse();
    bench.root.releaseReads();
    DeviceBench.end(reader);
    bench.root.awaitAcknowledged(itag);
  }

  @Test
  void doesNotHoldTheCompletionForUntranslatedReads() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.disableAts();
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);

    assertThat(bench.root.isAcknowledged(bench.root.invalidate(PASID, false, VA, 12))).isTrue();
    bench.root.releaseReads();
    DeviceBench.end(reader);
  }

  @Test
  void acknowledgesSeveralRequestsThatOneReadHeldWithOneMessage() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);
    bench.root.invalidate(PASID, false, VA, 12);
    bench.root.invalidate(NO_PASID, false, 0, 64);

    bench.root.releaseReads();
    DeviceBench.end(reader);
    bench.root.awaitAcknowledged(0);

    assertThat(completions()).extracting(Packet::detail).containsExactly(0b11);
  }

  private List<Packet> completions() {
    return bench.root.packets().stream()
        .filter(packet -> packet.messageCode() == MessageCode.INVALIDATE_COMPLETION)
        .toList();
  }

  @Test
  void sendsTheCompletionBehindPostedWrites() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.write(PASID, VA);

    bench.root.awaitAcknowledged(bench.root.invalidate(PASID, false, VA, 12));

    List<Packet> packets = bench.root.packets();
    int write = packets.indexOf(new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x5000, 8, 0, 0));
    assertThat(packets.indexOf(completions().get(0))).isGreaterThan(write);
    assertThat(write).isNotNegative();
  }

  @Test
  void acknowledgesWithAtsAndBusMasteringOff() {
    bench.root.disableAts();
    bench.root.configWrite(0x04, 0b010);

    bench.root.awaitAcknowledged(bench.root.invalidate(PASID, true, VA, 12));
  }

  @Test
  void neverWaitsForAPageResponse() {
    bench.root.enablePageRequests(4);
    bench.root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    CompletableFuture<@Nullable DmaException> reader = bench.start(false, PASID, VA, new byte[8]);
    bench.root.awaitPackets(TlpType.MESSAGE, 1);

    assertThat(bench.root.isAcknowledged(bench.root.invalidate(PASID, false, VA, 12))).isTrue();
    bench.root.respond(0, PageResponseCode.INVALID);
    DeviceBench.end(reader);
  }

  @Test
  void throwsAwayAnAnswerThatAnInvalidationOvertook() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> writer = bench.startHeldTranslation(true, PASID, VA);
    bench.root.map(PASID, VA, 0x6000, 12, RW);

    assertThat(bench.root.isAcknowledged(bench.root.invalidate(PASID, false, VA, 12))).isTrue();
    bench.root.releaseTranslations();

    assertThat(DeviceBench.end(writer)).isNull();
    assertThat(bench.root.packets())
        .contains(new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x6000, 8, 0, 0))
        .doesNotContain(new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x5000, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isEqualTo(1);
    assertThat(bench.counter(DeviceCounter.TRANSLATION_REQUESTS)).isEqualTo(2);
    assertThat(bench.counter(DeviceCounter.ATC_LOOKUPS)).isEqualTo(1);
  }

  @Test
  void throwsAwayALargeAnswerOfWhichAnInvalidationMetAnotherPart() {
    bench.root.map(PASID, VA, 0x20_0000, 21, RW);
    CompletableFuture<@Nullable DmaException> writer = bench.startHeldTranslation(true, PASID, VA);
    bench.root.invalidate(PASID, false, VA + 0x8000, 12);
    bench.root.releaseTranslations();

    assertThat(DeviceBench.end(writer)).isNull();
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isEqualTo(1);
  }

  @Test
  void keepsAnAnswerWhenAnInvalidationElsewhereOvertookIt() {
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    CompletableFuture<@Nullable DmaException> writer = bench.startHeldTranslation(true, PASID, VA);
    bench.root.invalidate(PASID, false, VA + 0x8000, 12);
    bench.root.invalidate(PASID + 1, false, VA, 12);
    bench.root.releaseTranslations();

    assertThat(DeviceBench.end(writer)).isNull();
    assertThat(bench.counter(DeviceCounter.TRANSLATION_RETRIES)).isZero();
  }

  @Test
  void keepsTheEntryAndAcknowledgesAllTheSameIfTheDeviceIsBroken() throws Exception {
    bench.close();
    bench = DeviceBench.withAts(DeviceOptions.of("test", "test").withKeepInvalidated(true));
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.read(PASID, VA);
    bench.root.map(PASID, VA, 0x6000, 12, RW);

    bench.root.awaitAcknowledged(bench.root.invalidate(PASID, false, VA, 12));
    bench.write(PASID, VA);

    assertThat(bench.root.packets())
        .contains(new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x5000, 8, 0, 0));
    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isZero();
    assertThat(bench.counter(DeviceCounter.INVALIDATION_REQUESTS)).isEqualTo(1);
  }
}
