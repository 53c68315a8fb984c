package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;
import static org.smmulator.device.DmaException.Status.COMPLETER_ABORT;
import static org.smmulator.device.DmaException.Status.DISABLED;
import static org.smmulator.device.DmaException.Status.LINK_DOWN;
import static org.smmulator.device.DmaException.Status.TIMED_OUT;
import static org.smmulator.device.DmaException.Status.UNSUPPORTED_REQUEST;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.device.fake.Packet;

class DmaTest {
  private static final int DEVICE_CONTROL = 0x48;

  private DeviceBench bench;

  DmaTest() throws Exception {
    bench = new DeviceBench();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void useAts() {
    bench.root.enablePasid();
    bench.root.enableAts();
  }

  /** Maximum payload and read request of 128 bytes each. */
  private void useSmallPackets() {
    bench.root.configWrite(DEVICE_CONTROL, 0);
  }

  @Test
  void movesLargeUnalignedTransfersThroughSmallPacketsAndSplitCompletions() throws Exception {
    useAts();
    useSmallPackets();
    bench.root.splitCompletionsAt(64);
    bench.root.map(PASID, VA, 0, 22, RW);
    byte[] written = DeviceBench.pattern(100_003, 1);
    byte[] read = new byte[100_003 + 7];

    bench.dma.write(PASID, VA + 0x1003, written, 0, written.length);
    bench.dma.read(PASID, VA + 0x1003, read, 7, written.length);

    assertThat(bench.root.read(0x1003, written.length)).isEqualTo(written);
    assertThat(Arrays.copyOfRange(read, 7, read.length)).isEqualTo(written);
    assertThat(bench.counter(DeviceCounter.BYTES_READ)).isEqualTo(100_003);
    assertThat(bench.counter(DeviceCounter.BYTES_WRITTEN)).isEqualTo(100_003);
    assertThat(bench.root.packets()).allMatch(p -> p.bytes() <= 128);
    long[] counters = bench.statistics();
    assertThat(counters[DeviceCounter.ATC_LOOKUPS.statsSlot()])
        .as("exactly one lookup for each packet")
        .isEqualTo(counters[DeviceCounter.TRANSLATED_ACCESSES.statsSlot()]);
  }

  @Test
  void cutsPacketsAtPagesAndAtMultiplesOfTheLargestSize() throws Exception {
    bench.root.map(NO_PASID, 0, 0, 22, RW);

    bench.dma.read(NO_PASID, 0xFFE, new byte[4100], 0, 4100);

    assertThat(bench.root.packets().stream().filter(p -> p.type() == TlpType.MEMORY_READ))
        .containsExactly(
            new Packet(TlpType.MEMORY_READ, 0, -1, 0xFFE, 2, 0, 0),
            new Packet(TlpType.MEMORY_READ, 0, -1, 0x1000, 4096, 0, 0),
            new Packet(TlpType.MEMORY_READ, 0, -1, 0x2000, 2, 0, 0));
  }

  @Test
  void keepsEveryTagBusyAndNoMore() {
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    useSmallPackets();
    bench.root.holdReads();
    byte[] target = new byte[128 * 300];
    CompletableFuture<@Nullable DmaException> reader = bench.start(false, NO_PASID, 0, target);
    bench.root.awaitHeldReads(256);
    bench.root.configRead(0);
    assertThat(bench.root.heldReads()).isEqualTo(256);
    byte[] content = DeviceBench.pattern(target.length, 2);
    bench.root.write(256 * 128, Arrays.copyOfRange(content, 256 * 128, content.length));

    bench.root.releaseReads();

    assertThat(DeviceBench.end(reader)).isNull();
    assertThat(Arrays.copyOfRange(target, 256 * 128, target.length))
        .isEqualTo(Arrays.copyOfRange(content, 256 * 128, content.length));
  }

  @Test
  void repeatsATranslationRequestOnceATagIsFree() {
    useAts();
    bench.root.enablePageRequests(1);
    useSmallPackets();
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    CompletableFuture<@Nullable DmaException> faulting = bench.start(false, PASID, VA, new byte[8]);
    bench.root.awaitPackets(TlpType.MESSAGE, 1);
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.root.holdReads();
    CompletableFuture<@Nullable DmaException> reader =
        bench.start(false, NO_PASID, 0, new byte[128 * 300]);
    bench.root.awaitHeldReads(256);

    bench.root.respond(0, 0);
    bench.root.releaseReads();

    assertThat(DeviceBench.end(faulting)).isNull();
    assertThat(DeviceBench.end(reader)).isNull();
  }

  @Test
  void failsWithStatusAndAddressOfACompletion() {
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    bench.root.answerReadsWith(CompletionStatus.CA);
    DmaException aborted = DeviceBench.failed(bench.read(NO_PASID, 0x1238));
    bench.root.answerReadsWith(CompletionStatus.UR);
    DmaException unsupported = DeviceBench.failed(bench.read(NO_PASID, 0x1000));

    assertThat(aborted.status()).isEqualTo(COMPLETER_ABORT);
    assertThat(aborted.address()).isEqualTo(0x1238);
    assertThat(aborted).hasMessage("DMA access failed at address 0x1238: completer abort");
    assertThat(unsupported.status()).isEqualTo(UNSUPPORTED_REQUEST);
  }

  @Test
  void reportsTheLowestOfSeveralFailingPages() {
    useAts();
    bench.root.map(PASID, VA, 0, 12, RW);

    DmaException failure =
        DeviceBench.failed(DeviceBench.end(bench.start(false, PASID, VA, new byte[3 * 4096])));

    assertThat(failure.address()).isEqualTo(VA + 0x1000);
  }

  @Test
  void sendsNothingWithoutBusMastering() {
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    bench.root.configWrite(0x04, 0b010);

    assertThat(DeviceBench.failed(bench.write(NO_PASID, 0)).status()).isEqualTo(DISABLED);

    assertThat(bench.root.packets()).noneMatch(p -> p.type() == TlpType.MEMORY_WRITE);
  }

  @Test
  void sendsNoPasidThatIsNotEnabledOrTooWide() {
    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status()).isEqualTo(DISABLED);
    bench.root.enablePasid();
    assertThat(DeviceBench.failed(bench.read(1 << 10, VA)).status()).isEqualTo(DISABLED);
    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status()).isEqualTo(UNSUPPORTED_REQUEST);
  }

  @Test
  void timesOutAndReleasesTheInvalidationThatTheReadHeld() throws Exception {
    bench.close();
    DeviceOptions impatient =
        DeviceOptions.of("test", "test").withCompletionTimeoutNanos(100_000_000);
    bench = new DeviceBench(impatient);
    useAts();
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    bench.write(PASID, VA);
    bench.root.holdReads();
    CompletableFuture<@Nullable DmaException> reader = bench.start(false, PASID, VA, new byte[8]);
    int itag = bench.root.invalidate(PASID, false, VA, 12);

    assertThat(DeviceBench.failed(DeviceBench.end(reader)).status()).isEqualTo(TIMED_OUT);
    bench.root.awaitAcknowledged(itag);
    bench.root.releaseReads();
    bench.root.configRead(0);
    assertThat(bench.device.whenClosed()).isNotDone();
  }

  @Test
  void timesOutOnATranslationThatNeverComes() throws Exception {
    bench.close();
    bench =
        new DeviceBench(DeviceOptions.of("test", "test").withCompletionTimeoutNanos(100_000_000));
    useAts();
    bench.root.holdTranslations();

    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status()).isEqualTo(TIMED_OUT);
  }

  @ParameterizedTest
  @CsvSource({"64, 4", "64, 64", "32, 0"})
  void takesNoCompletionThatIsNotOfItsRead(int splitBytes, int misplacedBytes) {
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    bench.root.splitCompletionsAt(splitBytes);
    bench.root.misplaceCompletionsBy(misplacedBytes);
    byte[] target = new byte[256];
    bench.root.write(0, DeviceBench.pattern(256, 3));

    DmaException failure = DeviceBench.end(bench.start(false, NO_PASID, 0, target));

    assertThat(DeviceBench.failed(failure).status()).isEqualTo(LINK_DOWN);
    assertThat(target).containsOnly(0);
    bench.device.whenClosed().join();
  }

  @Test
  void failsWhatIsOutstandingOnReset() {
    useAts();
    bench.root.map(PASID, VA, 0x5000, 12, RW);
    byte[] target = new byte[8];
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, target);
    bench.root.write(0x5000, DeviceBench.pattern(8, 3));

    bench.root.reset();

    assertThat(DeviceBench.failed(DeviceBench.end(reader)).status()).isEqualTo(LINK_DOWN);
    assertThat(bench.root.configRead(0x04) & 0b110).isZero();
    bench.root.releaseReads();
    bench.root.configRead(0);
    assertThat(target).as("a late answer").containsOnly(0);
    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isEqualTo(1);
  }

  @Test
  void failsWhatIsOutstandingWhenTheLinkIsLostAndWhatComesAfter() {
    bench.root.map(NO_PASID, 0, 0, 22, RW);
    CompletableFuture<@Nullable DmaException> reader =
        bench.startHeldRead(NO_PASID, 0, new byte[8]);

    bench.root.closeLink();

    assertThat(DeviceBench.failed(DeviceBench.end(reader)).status()).isEqualTo(LINK_DOWN);
    bench.device.whenClosed().join();
    assertThat(DeviceBench.failed(bench.read(NO_PASID, 0)).status()).isEqualTo(LINK_DOWN);
  }

  @Test
  void keepsTransfersOfSeveralTasksApart() {
    useAts();
    useSmallPackets();
    bench.root.splitCompletionsAt(64);
    bench.root.map(PASID, VA, 0, 22, RW);
    byte[] content = DeviceBench.pattern(8 * 20_000, 4);
    bench.root.write(0, content);
    List<byte[]> targets = new ArrayList<>();
    List<CompletableFuture<@Nullable DmaException>> readers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      targets.add(new byte[20_000]);
      readers.add(bench.start(false, PASID, VA + 20_000L * i, targets.get(i)));
    }
    for (int i = 0; i < 8; i++) {
      assertThat(DeviceBench.end(readers.get(i))).isNull();
      assertThat(targets.get(i))
          .isEqualTo(Arrays.copyOfRange(content, 20_000 * i, 20_000 * (i + 1)));
    }
  }

  @Test
  void refusesToBlockTheLinksOwnThread() {
    bench.root.onPageRequest(
        request -> {
          assertThatThrownBy(() -> bench.dma.read(NO_PASID, 0, new byte[1], 0, 1))
              .isInstanceOf(IllegalStateException.class);
          return 1;
        });
    useAts();
    bench.root.enablePageRequests(1);

    assertThat(bench.read(PASID, VA)).isNotNull();
    assertThat(bench.device.whenClosed()).isNotDone();
  }

  @Test
  void takesNothingForNothing() throws Exception {
    bench.dma.read(NO_PASID, 0x1000, new byte[0], 0, 0);

    assertThat(bench.root.packets()).noneMatch(p -> p.type() == TlpType.MEMORY_READ);
  }
}
