package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.VA;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.pcie.PriCapability;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.fake.FakeRootComplex;

/** A device whose requests may be held for long, and which therefore has no ATS. */
class StallingDeviceTest {
  private final DeviceBench bench;

  StallingDeviceTest() throws IOException {
    bench = new DeviceBench(DeviceOptions.of("test", "test").withStalling(true));
    bench.root.enablePasid();
    bench.root.map(PASID, VA, 0x1_0000, 13, DeviceBench.RW);
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  @Test
  void showsPasidAndNeitherAtsNorPri() {
    assertThat(bench.root.findExtended(PasidCapability.ID)).isEqualTo(0x100);
    assertThatThrownBy(() -> bench.root.findExtended(AtsCapability.ID))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> bench.root.findExtended(PriCapability.ID))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aWriteEndsWhenAReadBehindItIsAnswered() {
    bench.root.holdReads();
    byte[] bytes = DeviceBench.pattern(600, 1);
    CompletableFuture<@Nullable DmaException> write = bench.start(true, PASID, VA + 8, bytes);
    bench.root.awaitHeldReads(1);
    assertThat(bench.root.read(0x1_0008, 600)).isEqualTo(bytes);
    assertThat(write).isNotDone();
    bench.root.releaseReads();
    assertThat(DeviceBench.end(write)).isNull();
    assertThat(bench.root.packets())
        .filteredOn(packet -> packet.type() == TlpType.MEMORY_READ)
        .satisfiesExactly(
            read -> {
              assertThat(read.bytes()).isZero();
              assertThat(read.pasid()).isEqualTo(PASID);
              assertThat(read.address()).isEqualTo(VA + 8);
            });
  }

  @Test
  void eachPageIsConfirmedByItself() {
    bench.root.holdReads();
    byte[] bytes = DeviceBench.pattern(8192, 2);
    CompletableFuture<@Nullable DmaException> write = bench.start(true, PASID, VA, bytes);
    bench.root.awaitHeldReads(2);
    bench.root.releaseReads();
    assertThat(DeviceBench.end(write)).isNull();
    assertThat(bench.root.read(0x1_0000, 8192)).isEqualTo(bytes);
  }

  @Test
  void aWriteThatWasDroppedFailsAtItsPage() {
    DmaException failure =
        DeviceBench.failed(DeviceBench.end(bench.start(true, PASID, VA + 0x1FF0, new byte[0x20])));
    assertThat(failure.status()).isEqualTo(Status.UNSUPPORTED_REQUEST);
    assertThat(failure.address()).isEqualTo(VA + 0x2000);
  }

  @Test
  void readsAreAnsweredAsEver() {
    bench.root.write(0x1_0000, (byte) 7);
    byte[] target = new byte[1];
    assertThat(DeviceBench.end(bench.start(false, PASID, VA, target))).isNull();
    assertThat(target[0]).isEqualTo((byte) 7);
    bench.root.answerReadsWith(CompletionStatus.CA);
    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status())
        .isEqualTo(Status.COMPLETER_ABORT);
  }

  /** More reads than there are tags: what confirms a page waits for one, and all end. */
  @Test
  void aLargeWriteIsConfirmedAsTagsBecomeFree() {
    bench.root.map(PASID, VA, 0x20_0000, 21, DeviceBench.RW);
    byte[] bytes = DeviceBench.pattern(2 << 20, 3);
    assertThat(DeviceBench.end(bench.start(true, PASID, VA, bytes))).isNull();
    assertThat(Arrays.equals(bench.root.read(0x20_0000, bytes.length), bytes)).isTrue();
  }

  @Test
  void otherDevicesConfirmNothing() throws IOException {
    try (DeviceBench other = new DeviceBench()) {
      other.root.map(FakeRootComplex.NO_PASID, VA, 0x1_0000, 12, DeviceBench.RW);
      other.root.holdReads();
      assertThat(other.write(DmaPort.NO_PASID, VA)).isNull();
      assertThat(other.root.heldReads()).isZero();
    }
  }
}
