package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.DeviceBench.PASID;
import static org.smmulator.device.DeviceBench.RW;
import static org.smmulator.device.DeviceBench.VA;
import static org.smmulator.device.DmaException.Status.DISABLED;
import static org.smmulator.device.DmaException.Status.LINK_DOWN;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.device.fake.Packet;

/** Resets of a function: what software finds afterwards, and what it never sees any more. */
class FunctionLevelResetTest {
  private static final int DEVICE_CAPABILITIES = 0x44;
  private static final int DEVICE_CONTROL = 0x48;
  private static final int PAYLOAD_SIZE = 7 << 5;
  private static final int INITIATE = 1 << 15;
  private static final int ATS = 0x100;

  private final DeviceBench bench;

  FunctionLevelResetTest() throws Exception {
    bench = DeviceBench.withAts();
    bench.root.map(PASID, VA, 0x5000, 12, RW);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private long resets() {
    bench.root.configRead(0);
    return bench.model.calls.stream().filter("reset"::equals).count();
  }

  @Test
  void saysThatItHasFunctionLevelReset() {
    assertThat(bench.root.configRead(DEVICE_CAPABILITIES) >>> 28 & 1).isEqualTo(1);
  }

  @Test
  void resetsItselfWhenSoftwareInitiatesIt() {
    bench.read(PASID, VA);
    bench.root.configWrite(DEVICE_CONTROL, INITIATE);

    assertThat(resets()).isEqualTo(1);
    assertThat(bench.root.configRead(0x04) & 0b110).isZero();
    assertThat(bench.root.configRead(ATS + 4) >>> 31).isZero();
    assertThat(bench.root.configRead(DEVICE_CONTROL) & INITIATE).isZero();
    assertThat(bench.counter(DeviceCounter.ENTRIES_DROPPED)).isEqualTo(1);
    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status()).isEqualTo(DISABLED);
  }

  @Test
  void keepsThePayloadSizeInAFunctionLevelResetOnly() {
    int atFirst = bench.root.configRead(DEVICE_CONTROL);
    bench.root.configWrite(DEVICE_CONTROL, 0);
    bench.root.functionReset();
    assertThat(bench.root.configRead(DEVICE_CONTROL)).isEqualTo(atFirst & ~PAYLOAD_SIZE);
    bench.root.reset();
    assertThat(bench.root.configRead(DEVICE_CONTROL)).isEqualTo(atFirst);
  }

  @Test
  void takesTheResetBehindTheWriteForTheSameOne() {
    bench.root.functionReset();
    assertThat(resets()).isEqualTo(1);
    bench.root.reset();
    assertThat(resets()).isEqualTo(2);
  }

  @Test
  void letsSoftwareTryAgainUntilTheModelIsReset() {
    bench.model.holdReset = true;
    bench.root.reset();
    Runnable over = bench.model.resetHeld.orTimeout(240, TimeUnit.SECONDS).join();

    assertThat(bench.root.configReadStatus(0)).isEqualTo(CompletionStatus.CRS);
    assertThat(DeviceBench.failed(bench.read(PASID, VA)).status()).isEqualTo(LINK_DOWN);
    DeviceContext context = bench.model.context.join();
    context.schedule(over, 0);
    context.schedule(over, 0);

    bench.root.enable();
    bench.root.enablePasid();
    bench.root.enableAts();
    assertThat(bench.read(PASID, VA)).isNull();
  }

  @Test
  void answersInvalidationsThatTheResetHasOvertaken() {
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldRead(PASID, VA, new byte[8]);
    int itag = bench.root.invalidate(PASID, false, VA, 12);
    assertThat(bench.root.isAcknowledged(itag)).isFalse();

    bench.root.functionReset();

    assertThat(DeviceBench.failed(DeviceBench.end(reader)).status()).isEqualTo(LINK_DOWN);
    bench.root.awaitAcknowledged(itag);
  }

  private long translationRequests() {
    return bench.root.packets().stream().filter(FunctionLevelResetTest::asks).count();
  }

  private static boolean asks(Packet packet) {
    return packet.type() == TlpType.MEMORY_READ && packet.addressType() == 1;
  }

  @Test
  void asksNotAgainForWhatSoftwareHasTakenAway() {
    CompletableFuture<@Nullable DmaException> reader = bench.startHeldTranslation(false, PASID, VA);
    bench.root.invalidate(PASID, false, VA, 12);
    bench.root.configWrite(0x04, 0b010);

    bench.root.releaseTranslations();

    assertThat(DeviceBench.failed(DeviceBench.end(reader)).status()).isEqualTo(DISABLED);
    assertThat(translationRequests()).isEqualTo(1);
  }
}
