package org.smmulator.device.model.edu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.fake.FakeRootComplex;

class EduDeviceTest {
  private static final int MEMORY_BYTES = 1 << 20;
  private static final int COMMAND = 0x04;
  private static final int MSI = 0x80;
  private static final int ASSERT_INTA = 0x20;
  private static final int DEASSERT_INTA = 0x24;

  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  /** How long transfers take that begin from now on. */
  private final AtomicLong transferNanos = new AtomicLong();

  private final FakeRootComplex root = new FakeRootComplex(MEMORY_BYTES);

  EduDeviceTest() throws Exception {
    attach(EduDevice.DEFAULT_DMA_MASK);
  }

  private void attach(long dmaMask) throws Exception {
    root.attach(new EduDevice(dmaMask, transferNanos::get), DeviceOptions.of("edu", "edu"));
    root.enable();
    root.map(FakeRootComplex.NO_PASID, 0, 0, 20, AtsEntry.READ | AtsEntry.WRITE);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private void transfer(long source, long destination, long count, int command) {
    root.barWrite(0x80, 8, source);
    root.barWrite(0x88, 8, destination);
    root.barWrite(0x90, 8, count);
    root.barWrite(0x98, 8, command);
  }

  /** As drivers do it. */
  private void awaitTransfer() {
    while ((root.barRead(0x98, 4) & 1) != 0) {
      Thread.onSpinWait();
    }
  }

  private void enableMsi() {
    root.configWrite(MSI + 4, (int) FakeRootComplex.MSI_ADDRESS);
    root.configWrite(MSI + 0xC, 77);
    root.configWrite(MSI, 1 << 16);
    root.map(FakeRootComplex.NO_PASID, 0x0802_0000, 0x0802_0000, 12, AtsEntry.WRITE);
  }

  private long pinMessages(int code) {
    return root.packets().stream()
        .filter(p -> p.type() == TlpType.MESSAGE && p.messageCode() == code)
        .count();
  }

  @Test
  void looksLikeQemusDevice() {
    assertThat(root.configRead(0x00)).isEqualTo(0x11E8_1234);
    assertThat(root.configRead(0x08)).isEqualTo(0x00FF_0010);
    assertThat(root.configRead(0x2C)).isEqualTo(0x1100_1AF4);
    assertThat(root.configRead(0x3C)).as("pin INTA#").isEqualTo(0x100);
    root.configWrite(0x10, -1);
    assertThat(root.configRead(0x10)).as("32 bits, 1 MiB").isEqualTo(0xFFF0_0000);
    assertThat(root.configRead(MSI)).as("MSI, 64-bit address").isEqualTo(0x0080_0005);
    assertThat(root.configRead(0x40) >>> 8 & 0xFF).as("next capability").isEqualTo(MSI);
  }

  @Test
  void identifiesItselfAndInvertsWhatItIsGiven() {
    root.barWrite(0x04, 4, 0x1234_5678);

    assertThat(root.barRead(0x00, 4)).isEqualTo(0x0100_00EDL);
    assertThat(root.barRead(0x04, 4)).isEqualTo(0xEDCB_A987L);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,1", "5,120", "12,479001600", "13,1932053504", "33,2147483648"})
  void computesFactorialsModulo32Bits(long operand, long factorial) {
    root.barWrite(0x08, 4, operand);

    assertThat(root.barRead(0x08, 4)).isEqualTo(factorial);
  }

  @ParameterizedTest
  @CsvSource({"34", "2147483648", "4294967295"})
  void factorialsOfLargeNumbersAreZeroAtOnce(long operand) {
    root.barWrite(0x08, 4, operand);

    assertThat(root.barRead(0x08, 4)).isZero();
  }

  @Test
  void raisesItsPinAfterAFactorialIfAsked() {
    root.barWrite(0x08, 4, 5);
    assertThat(root.barRead(0x24, 4)).isZero();
    root.barWrite(0x20, 4, 0xFF);
    assertThat(root.barRead(0x20, 4)).as("only the interrupt bit can be written").isEqualTo(0x80);

    root.barWrite(0x08, 4, 5);

    assertThat(root.barRead(0x24, 4)).isEqualTo(1);
    assertThat(pinMessages(ASSERT_INTA)).isEqualTo(1);
  }

  @Test
  void holdsItsPinUntilEveryReasonIsAcknowledged() {
    root.barWrite(0x60, 4, 0b101);
    assertThat(root.barRead(0x24, 4)).isEqualTo(0b101);
    assertThat(root.configRead(COMMAND) >>> 19 & 1).as("Interrupt Status").isEqualTo(1);

    root.barWrite(0x64, 4, 0b001);
    assertThat(pinMessages(DEASSERT_INTA)).isZero();
    root.barWrite(0x64, 4, 0b100);

    assertThat(root.barRead(0x24, 4)).isZero();
    assertThat(root.configRead(COMMAND) >>> 19 & 1).isZero();
    assertThat(pinMessages(ASSERT_INTA)).isEqualTo(1);
    assertThat(pinMessages(DEASSERT_INTA)).isEqualTo(1);
  }

  @Test
  void raisingNothingRaisesNothing() {
    root.barWrite(0x60, 4, 0);

    assertThat(root.barRead(0x24, 4)).isZero();
    assertThat(root.packets()).isEmpty();
  }

  @Test
  void sendsAMessageForEveryRaiseWhileMsiIsEnabledAndLeavesThePinAlone() {
    enableMsi();

    root.barWrite(0x60, 4, 1);
    root.barWrite(0x60, 4, 2);

    root.barRead(0x24, 4);
    assertThat(root.messages()).containsExactly(77, 77);
    assertThat(pinMessages(ASSERT_INTA)).isZero();
  }

  @Test
  void thePinIsSilentWhileSoftwareDisablesIt() {
    root.configWrite(COMMAND, 0b110 | 1 << 10);
    root.barWrite(0x60, 4, 1);
    root.barRead(0x24, 4);
    assertThat(pinMessages(ASSERT_INTA)).isZero();

    root.configWrite(COMMAND, 0b110);

    assertThat(pinMessages(ASSERT_INTA)).isEqualTo(1);
  }

  @Test
  void copiesMemoryToItsBufferAndBackWithoutPasid() {
    byte[] content = new byte[100];
    new Random(1).nextBytes(content);
    root.write(0x2010, content);

    transfer(0x2010, 0x40F9C, 100, 1);
    awaitTransfer();
    transfer(0x40F9C, 0x3001, 100, 3);
    awaitTransfer();

    assertThat(root.read(0x3001, 100)).isEqualTo(content);
    assertThat(root.packets()).isNotEmpty().allMatch(p -> p.pasid() < 0 && p.addressType() == 0);
    assertThat(root.barRead(0x24, 4)).as("no interrupt asked for").isZero();
  }

  @Test
  void raisesAnInterruptAfterATransferIfAsked() {
    enableMsi();

    transfer(0x1000, 0x40000, 4, 5);
    root.awaitMessages(1);

    assertThat(root.barRead(0x24, 4)).isEqualTo(0x100);
    assertThat(root.barRead(0x98, 8)).isEqualTo(4);
  }

  @Test
  void itsRegistersStandStillWhileATransferRuns() {
    transferNanos.set(HOUR);
    transfer(0x1000, 0x40000, 16, 1);
    transfer(0x5000, 0x6000, 17, 3);

    assertThat(root.barRead(0x98, 4)).isEqualTo(1);
    assertThat(root.barRead(0x80, 8)).isEqualTo(0x1000);
    assertThat(root.barRead(0x88, 8)).isEqualTo(0x40000);
    assertThat(root.barRead(0x90, 8)).isEqualTo(16);
  }

  @Test
  void aCommandWithoutStartIsIgnored() {
    root.barWrite(0x98, 4, 6);

    assertThat(root.barRead(0x98, 4)).isZero();
  }

  @Test
  void masksAddressesWithDmaMask() throws Exception {
    root.write(0x2000, (byte) 42);

    transfer(0xF000_0000_1000_2000L, 0x40000, 1, 1);
    awaitTransfer();
    transfer(0x40000, 0x3000_4000L, 1, 3);
    awaitTransfer();

    assertThat(root.read(0x4000, 1)).containsExactly(42);
  }

  @Test
  void aWiderDmaMaskReachesHigherAddresses() throws Exception {
    try (FakeRootComplex wide = new FakeRootComplex(MEMORY_BYTES)) {
      wide.attach(new EduDevice(-1), DeviceOptions.of("edu", "edu"));
      wide.enable();
      long high = 0xFFFF_FFFF_FFFF_F000L;
      wide.map(FakeRootComplex.NO_PASID, high, 0x1000, 12, AtsEntry.READ);
      wide.barWrite(0x80, 8, high + 8);
      wide.barWrite(0x88, 8, 0x40000);
      wide.barWrite(0x90, 8, 8);
      wide.barWrite(0x98, 4, 1);

      wide.awaitPackets(TlpType.MEMORY_READ, 1);

      assertThat(wide.packets().get(0).address()).isEqualTo(high + 8);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0x3FFFF,1",
    "0x40000,4097",
    "0x40FFF,2",
    "0x41001,0",
    "0,16",
    "0x40000,-1",
    "0x40001,0x7FFFFFFFFFFFFFFF",
    "-1,2",
    "0x8000000000000000,8"
  })
  void aTransferThatDoesNotFitTheBufferMovesNothingAndEnds(String inside, String count) {
    long at =
        inside.startsWith("0x")
            ? Long.parseUnsignedLong(inside.substring(2), 16)
            : Long.parseLong(inside);
    long bytes = Long.decode(count);

    transfer(at, 0x1000, bytes, 7);
    awaitTransfer();
    transfer(0x1000, at, bytes, 5);
    awaitTransfer();

    assertThat(root.barRead(0x24, 4)).as("it says that it is done").isEqualTo(0x100);
    assertThat(root.packets()).allMatch(p -> p.type() == TlpType.MESSAGE);
  }

  @Test
  void aReadThatFailsLeavesZerosInTheBuffer() {
    root.write(0x1000, (byte) 1, (byte) 2, (byte) 3);
    transfer(0x1000, 0x40000, 3, 1);
    awaitTransfer();

    transfer(0xFFF_F000, 0x40000, 2, 1);
    awaitTransfer();
    transfer(0x40000, 0x2000, 3, 3);
    awaitTransfer();

    assertThat(root.read(0x2000, 3)).containsExactly(0, 0, 3);
  }

  @Test
  void registersTakeTheSizesOfTheOriginalOnly() {
    root.barWrite(0x04, 4, 0);
    root.barWrite(0x04, 2, 0x55);
    root.barWrite(0x80, 2, 0x55);
    root.barWrite(0x00, 8, 0x5500000000L);
    root.barWrite(0x80, 4, 0xFFFF_FFFFL);

    assertThat(root.barRead(0x04, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(root.barRead(0x00, 8)).as("too wide").isEqualTo(-1);
    assertThat(root.barRead(0x00, 1)).as("too narrow").isZero();
    assertThat(root.barRead(0x80, 8)).as("written with 4 bytes").isEqualTo(0xFFFF_FFFFL);
    assertThat(root.barRead(0x60, 4)).as("write-only").isEqualTo(0xFFFF_FFFFL);
    assertThat(root.barRead(0x40000, 8)).as("the buffer is DMA's alone").isEqualTo(-1);
    assertThat(root.barReadStatus(0x02, 4)).as("misaligned").isEqualTo(CompletionStatus.CA);
  }

  @Test
  void resetAbandonsTheTransferAndTheInterrupt() {
    root.barWrite(0x60, 4, 1);
    transferNanos.set(HOUR);
    transfer(0x1000, 0x40000, 8, 5);
    assertThat(root.barRead(0x98, 4)).as("the transfer is under way").isEqualTo(5);

    root.reset();
    root.enable();

    assertThat(root.barRead(0x98, 4)).isZero();
    assertThat(root.barRead(0x80, 8)).isZero();
    assertThat(root.barRead(0x24, 4)).isZero();
    assertThat(pinMessages(DEASSERT_INTA)).isEqualTo(1);
    transferNanos.set(0);
    transfer(0x1000, 0x40FFF, 1, 1);
    awaitTransfer();
    assertThat(root.packets().stream().filter(p -> p.type() == TlpType.MEMORY_READ)).hasSize(1);
  }
}
