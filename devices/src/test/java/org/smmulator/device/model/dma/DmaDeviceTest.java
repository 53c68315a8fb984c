package org.smmulator.device.model.dma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.fake.FakeRootComplex.MSI_ADDRESS;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.MessageCode;
import org.smmulator.bus.tlp.PageResponseCode;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.fake.FakeRootComplex;
import org.smmulator.device.fake.PageRequestPolicy;

/** Drives the engine through its registers and rings, as the interface in the README says. */
class DmaDeviceTest {
  private static final int RING = 0x1_0000;
  private static final int COMPLETIONS = 0x2_0000;
  private static final int DATA = 0x10_0000;
  private static final long VA = 0x7F00_0000_0000L;
  private static final int PASID = 9;
  private static final int RW = AtsEntry.READ | AtsEntry.WRITE;
  private static final int QUEUE1 = 0x1080;
  private static final int ENTRIES_LOG2 = 2;
  private static final int COPY = 1;
  private static final int FILL = 2;
  private static final int COMPARE = 3;
  private static final int CRC = 4;
  private static final int INTERRUPT = 1 << 8;

  private FakeRootComplex root = new FakeRootComplex(4 << 20);
  private int tail;

  @BeforeEach
  void attach() throws IOException {
    root.attach(new DmaDevice(2, 8), DeviceOptions.of("dma", "dma").withAtc(4, 2));
    enable();
  }

  private void enable() {
    root.enable();
    root.enablePasid();
    root.enableAts();
    root.enablePageRequests(4);
    root.map(NO_PASID, 0, 0, 22, RW);
    root.map(PASID, VA, DATA, 20, RW);
    root.map(NO_PASID, 0xF000_0000L, MSI_ADDRESS & -4096, 12, AtsEntry.WRITE);
    root.barWrite(0x8010, 8, 0xF000_0040L);
    root.barWrite(0x8018, 8, 33);
    root.configWrite(0x80, 1 << 31);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private void start(int control) {
    root.barWrite(QUEUE1, 8, RING);
    root.barWrite(QUEUE1 + 0x08, 8, COMPLETIONS);
    root.barWrite(QUEUE1 + 0x10, 4, ENTRIES_LOG2);
    root.barWrite(QUEUE1 + 0x14, 4, 1L << 31 | PASID);
    root.barWrite(QUEUE1 + 0x18, 4, control);
  }

  private void submit(long opcodeAndFlags, long length, long first, long second, long pattern) {
    ByteBuffer words = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    words.putLong(length << 32 | opcodeAndFlags).putLong(first).putLong(second);
    words.putLong(pattern).putLong(1000 + tail);
    root.write(RING + 64L * (tail % (1 << ENTRIES_LOG2)), words.array());
    tail++;
    root.barWrite(QUEUE1 + 0x20, 4, tail);
  }

  private record Ended(
      int status, int opcode, long bytesDone, long address, long result, long phase, long tag) {}

  /** Waits for HEAD, then reads the last record. */
  private Ended last() {
    until(() -> (int) register(0x24) == tail);
    long at = COMPLETIONS + 32L * ((tail - 1) % (1 << ENTRIES_LOG2));
    ByteBuffer words = ByteBuffer.wrap(root.read(at, 32)).order(ByteOrder.LITTLE_ENDIAN);
    long word0 = words.getLong();
    return new Ended(
        (int) word0 & 0xFF,
        (int) (word0 >>> 8) & 0xFF,
        word0 >>> 32,
        words.getLong(),
        words.getLong(),
        words.getLong(24) >>> 63,
        words.getLong(24) & Long.MAX_VALUE);
  }

  private long register(int offset) {
    return root.barRead(QUEUE1 + offset, 4);
  }

  private void awaitQuiet() {
    until(() -> (register(0x1C) & 1) == 0);
  }

  /** Asks again and again, as software polls a register, but not for ever. */
  private static void until(BooleanSupplier condition) {
    long started = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - started > TimeUnit.SECONDS.toNanos(240)) {
        throw new IllegalStateException("waited for four minutes in vain");
      }
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void showsWhatItIs() {
    assertThat(root.configRead(0)).isEqualTo(0x0001_534D);
    assertThat(root.configRead(8)).isEqualTo(0x0880_0001);
    assertThat(root.barRead(0, 4)).isEqualTo(0x4144_4D53);
    assertThat(root.barRead(0, 8)).isEqualTo(0x1_4144_4D53L);
    assertThat(root.barRead(4, 4)).isEqualTo(1);
    assertThat(root.barRead(8, 4)).isEqualTo(2);
    assertThat(root.barRead(0xC, 4)).isEqualTo(12);
    assertThat(root.barRead(1, 1)).isEqualTo(0x4D);
    assertThat(root.configRead(0x80) >>> 16 & 0x7FF).isEqualTo(1);
  }

  @Test
  void copiesUnderThePasidOfItsQueue() {
    byte[] content = random(70_001);
    root.write(DATA + 3, content);
    start(1);

    submit(COPY, content.length, VA + 3, VA + 0x4_0005, 0);

    assertThat(last()).isEqualTo(new Ended(0, COPY, content.length, 0, 0, 1, 1000));
    assertThat(root.read(DATA + 0x4_0005, content.length)).isEqualTo(content);
  }

  @Test
  void fillsWithAPatternFromTheFirstByteOn() {
    start(1);

    submit(FILL, 20_003, 0, VA + 1, 0x0807_0605_0403_0201L);

    assertThat(last()).isEqualTo(new Ended(0, FILL, 20_003, 0, 0, 1, 1000));
    byte[] filled = root.read(DATA, 20_005);
    assertThat(Arrays.copyOfRange(filled, 0, 10)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 1);
    assertThat(filled[20_003]).isEqualTo((byte) (1 + 20_002 % 8));
    assertThat(filled[20_004]).isZero();
  }

  @Test
  void tellsWhereTwoRangesDiffer() {
    byte[] content = random(40_000);
    root.write(DATA, content);
    root.write(DATA + 0x4_0000, content);
    start(1);
    submit(COMPARE, 40_000, VA, VA + 0x4_0000, 0);
    assertThat(last()).isEqualTo(new Ended(0, COMPARE, 40_000, 0, 0, 1, 1000));

    root.write(DATA + 0x4_0000 + 33_333, (byte) (content[33_333] + 1));
    submit(COMPARE, 40_000, VA, VA + 0x4_0000, 0);

    assertThat(last()).isEqualTo(new Ended(5, COMPARE, 33_333, 33_333, 0, 1, 1001));
  }

  @Test
  void checksums() {
    byte[] content = random(50_000);
    root.write(DATA, content);
    CRC32C crc = new CRC32C();
    crc.update(content);
    start(1);

    submit(CRC, content.length, VA, 0, 0);

    assertThat(last()).isEqualTo(new Ended(0, CRC, 50_000, 0, crc.getValue(), 1, 1000));
  }

  @Test
  void goesRoundItsRingWithChangingPhase() {
    start(1);
    for (int i = 0; i < 11; i++) {
      submit(FILL, 8, 0, VA + 8L * i, i);
      assertThat(last()).isEqualTo(new Ended(0, FILL, 8, 0, 0, i / 4 % 2 == 0 ? 1 : 0, 1000 + i));
    }
    assertThat(register(0x20)).isEqualTo(11);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 255, 513, 65537})
  void refusesDescriptorsItDoesNotUnderstand(int word0) {
    start(1);

    submit(word0, 8, VA, VA, 0);

    assertThat(last().status()).isEqualTo(1);
    assertThat(last().bytesDone()).isZero();
  }

  @Test
  void completesNothingAtOnce() {
    start(1);
    submit(COPY, 0, 1, 1, 0);
    assertThat(last()).isEqualTo(new Ended(0, COPY, 0, 0, 0, 1, 1000));
  }

  @Test
  void tellsWhereAccessWasRefusedAndWorksOn() {
    root.onPageRequest(request -> PageResponseCode.INVALID);
    start(1);

    submit(FILL, 0xFFFF_FFFFL, 0, VA + 0xF_F000, 0);
    assertThat(last().status()).isEqualTo(2);
    assertThat(last().address()).isEqualTo(VA + 0x10_0000);
    submit(FILL, 8, 0, VA, 0);

    assertThat(last().status()).isZero();
  }

  @Test
  void interruptsWhenTheDescriptorOrTheQueueSaysSo() {
    start(1);
    submit(FILL, 8, 0, VA, 0);
    submit(FILL | INTERRUPT, 8, 0, VA, 0);
    root.awaitMessages(1);
    last();
    root.barWrite(QUEUE1 + 0x18, 4, 0);
    awaitQuiet();
    assertThat(root.messages()).containsExactly(33);

    tail = 0;
    start(3);
    submit(FILL, 8, 0, VA, 0);
    root.awaitMessages(2);
    assertThat(last().status()).isZero();
  }

  @Test
  void isQuietOnlyWhenItsPageRequestIsAnswered() {
    root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    start(1);
    submit(FILL, 8, 0, VA - 8, 0);
    root.awaitPackets(TlpType.MESSAGE, 1);

    root.barWrite(QUEUE1 + 0x18, 4, 0);
    assertThat(register(0x1C)).isEqualTo(1);
    root.respond(0, PageResponseCode.INVALID);

    awaitQuiet();
    assertThat(last().status()).isEqualTo(2);
    assertThat(root.packets())
        .filteredOn(packet -> packet.messageCode() == MessageCode.PAGE_REQUEST)
        .hasSize(1);
  }

  @Test
  void givesUpALongOperationWhenStopped() {
    root.map(PASID, 0, DATA, 33, RW);
    root.map(PASID, 1L << 33, DATA, 33, RW);
    start(1);
    submit(COPY, 0xFFFF_FFFFL, 0, 1L << 33, 0);
    root.awaitPackets(TlpType.MEMORY_WRITE, 1);

    root.barWrite(QUEUE1 + 0x18, 4, 0);
    awaitQuiet();

    // Outside the memory a read ends the copy as well.
    assertThat(last().status()).isIn(3, 6);
    assertThat(register(0x18)).isZero();
  }

  @Test
  void ignoresRegistersOfARunningQueueButTheDoorbellAndControl() {
    start(1);

    root.barWrite(QUEUE1, 8, 0x4000);
    root.barWrite(QUEUE1 + 0x14, 4, 0);
    root.barWrite(QUEUE1 + 0x24, 4, 7);
    root.barWrite(QUEUE1 + 0x10, 1, 7);
    submit(FILL, 8, 0, VA, 0);

    assertThat(last().status()).isZero();
    assertThat(root.barRead(QUEUE1, 8)).isEqualTo(RING);
    assertThat(register(0x14)).isEqualTo(1L << 31 | PASID);
    assertThat(register(0x10)).isEqualTo(ENTRIES_LOG2);
  }

  @ParameterizedTest
  @CsvSource({"10, 13", "10, -1", "0, 32", "8, 8"})
  void refusesARingItCannotUse(String register, int value) {
    root.barWrite(QUEUE1 + Integer.parseInt(register, 16), 4, value);

    root.barWrite(QUEUE1 + 0x18, 4, 1);

    assertThat(register(0x1C)).isEqualTo(2);
  }

  @Test
  void stopsWithErrorWhenTheDoorbellLeavesTheRing() {
    start(1);

    root.barWrite(QUEUE1 + 0x20, 4, 5);
    awaitQuiet();

    assertThat(register(0x1C)).isEqualTo(2);
    assertThat(register(0x24)).isZero();
  }

  @Test
  void stopsWithErrorWhenTheRingIsOutOfReachAndRunsAgainAfterwards() {
    root.onPageRequest(request -> PageResponseCode.INVALID);
    root.barWrite(QUEUE1, 8, 1L << 40);
    root.barWrite(QUEUE1 + 0x10, 4, ENTRIES_LOG2);
    root.barWrite(QUEUE1 + 0x18, 4, 1);
    root.barWrite(QUEUE1 + 0x20, 4, 1);
    awaitQuiet();
    assertThat(register(0x1C)).isEqualTo(2);

    root.barWrite(QUEUE1 + 0x18, 4, 0);
    start(1);
    submit(FILL, 8, 0, VA, 0);
    assertThat(last().status()).isZero();
    assertThat(register(0x1C)).isEqualTo(1);
  }

  @Test
  void forgetsItsRingsOnReset() {
    root.onPageRequest(request -> PageRequestPolicy.NO_RESPONSE);
    start(1);
    submit(FILL, 8, 0, VA - 8, 0);
    root.awaitPackets(TlpType.MESSAGE, 1);

    root.barWrite(0x10, 4, 1);
    assertThat(root.barRead(0x10, 4)).isEqualTo(1);
    root.respond(0, PageResponseCode.INVALID);
    awaitQuiet();

    assertThat(root.barRead(0x10, 4)).isZero();
    assertThat(root.barRead(QUEUE1, 8)).isZero();
    assertThat(register(0x1C)).isZero();
    assertThat(root.read(COMPLETIONS, 32)).containsOnly(0);
  }

  @Test
  void worksOverTcp() throws IOException {
    root.close();
    root = new FakeRootComplex(4 << 20);
    root.attachOver(
        BusAddress.parse("127.0.0.1:0"), new DmaDevice(2, 8), DeviceOptions.of("dma", "dma"));
    enable();
    byte[] content = random(100_000);
    root.write(DATA, content);
    start(1);

    submit(COPY, content.length, VA, VA + 0x4_0000, 0);

    assertThat(last().status()).isZero();
    assertThat(root.read(DATA + 0x4_0000, content.length)).isEqualTo(content);
  }
}
