package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.device.fake.FakeRootComplex.MSI_ADDRESS;
import static org.smmulator.device.fake.FakeRootComplex.NO_PASID;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.device.fake.Packet;

class EndpointTest {
  private static final int MSIX_CONTROL = 0x80;
  private static final int MSIX_ENABLE = 1 << 31;
  private static final int MSIX_FUNCTION_MASK = 1 << 30;

  private final DeviceBench bench;

  EndpointTest() throws Exception {
    bench = new DeviceBench();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @ParameterizedTest
  @CsvSource({
    "000, 56781234, vendor and device",
    "008, ABCDEF42, class and revision",
    "02C, 56781234, subsystem",
    "034, 00000040, capability list",
    "040, 00028010, PCI Express version 2 and next",
    "048, 00005FA0, payload and read request of 4096",
    "064, 00600000, one end-to-end prefix",
    "080, 00020011, MSI-X with three vectors",
    "084, 00001000, table",
    "088, 00002000, pending bits",
    "100, 1101000F, ATS",
    "104, 00000060, queue of 32 and page aligned and global invalidate",
    "110, 12010013, PRI",
    "114, 01000000, stopped",
    "118, 00000008, capacity",
    "120, 0001001B, PASID",
    "124, 00000A00, ten bits",
  })
  void showsItsConfigurationSpace(String register, String value, String what) {
    int expected = Integer.parseUnsignedInt(value, 16);
    int mask = register.equals("048") ? 0x70E0 : -1;
    assertThat(Integer.toHexString(bench.root.configRead(Integer.parseInt(register, 16)) & mask))
        .as(what)
        .isEqualTo(Integer.toHexString(expected & mask));
  }

  @Test
  void tellsTheSizesOfItsBars() {
    for (int register = 0x10; register < 0x28; register += 4) {
      bench.root.configWrite(register, -1);
    }
    assertThat(List.of(0x10, 0x14, 0x18, 0x1C, 0x20, 0x24))
        .extracting(bench.root::configRead)
        .containsExactly(0xFFFF_C004, -1, 0xFFFF_FF00, 0, 0, 0);
  }

  @Test
  void keepsWhatSoftwareMayNotWrite() {
    bench.root.configWrite(0x00, -1);
    bench.root.configWrite(0x100, -1);
    bench.root.configWrite(0x118, -1);
    int ats = bench.root.findExtended(0x000F) + 4;
    bench.root.enableAts();
    bench.root.configWrite(ats, 1 << 31 | 7 << 16);

    assertThat(bench.root.configRead(0x00)).isEqualTo(0x5678_1234);
    assertThat(bench.root.configRead(0x100)).isEqualTo(0x1101_000F);
    assertThat(bench.root.configRead(0x118)).isEqualTo(8);
    assertThat(bench.root.configRead(ats)).as("STU while enabled").isEqualTo(1 << 31 | 0x60);
  }

  @Test
  void handsRegistersToTheModelInOrder() {
    bench.root.barWrite(0x10, 4, 0x1234_5678L);
    bench.root.barWrite(0x18, 8, 0x1122_3344_5566_7788L);
    bench.root.barWrite(0x21, 1, 0xFE);

    assertThat(bench.root.barRead(0x10, 4)).isEqualTo(0x1234_5678L);
    assertThat(bench.root.barRead(0x18, 8)).isEqualTo(0x1122_3344_5566_7788L);
    assertThat(bench.root.barRead(0x21, 1)).isEqualTo(0xFE);
    assertThat(bench.model.calls)
        .containsExactly("write4 10", "write8 18", "write1 21", "read4 10", "read8 18", "read1 21");
  }

  @Test
  void abortsAccessesThatTheProgrammingModelDoesNotHave() {
    assertThat(bench.root.barReadStatus(0x10, 16)).isEqualTo(CompletionStatus.CA);
    assertThat(bench.root.barReadStatus(0x11, 2)).isEqualTo(CompletionStatus.CA);
    assertThat(bench.root.barReadStatus(0x10, 3)).isEqualTo(CompletionStatus.CA);
    bench.root.barWrite(0x10, 3, -1);
    bench.root.barRead(0x0, 4);
    assertThat(bench.model.calls).containsExactly("read4 0");
  }

  @Test
  void answersUnsupportedRequestOutsideItsBarsAndWhileMemoryIsDisabled() {
    assertThat(bench.root.barReadStatus(RegisterModel.BAR_BYTES, 4)).isEqualTo(CompletionStatus.UR);
    bench.root.configWrite(0x04, 0b100);
    assertThat(bench.root.barReadStatus(0x10, 4)).isEqualTo(CompletionStatus.UR);
  }

  @Test
  void keepsTheEnableOfAnIoSpaceThatItDoesNotHave() {
    bench.root.configWrite(0x04, 0b101);
    assertThat(bench.root.configRead(0x04) & 0b111).isEqualTo(0b101);
    assertThat(bench.root.barReadStatus(0x10, 4)).isEqualTo(CompletionStatus.UR);
  }

  @Test
  void answersAReadOfNoBytesAfterTheWritesBeforeIt() {
    bench.root.barWrite(0x10, 4, 1);

    assertThat(bench.root.barReadStatus(0x10, 0)).isEqualTo(CompletionStatus.SC);

    assertThat(bench.model.calls).containsExactly("write4 10");
  }

  private void prepareVector(int vector, int data) {
    long entry = RegisterModel.MSIX_TABLE + 16L * vector;
    bench.root.map(NO_PASID, 0xF000_0000L, MSI_ADDRESS & -4096, 12, AtsEntry.WRITE);
    bench.root.barWrite(entry, 8, 0xF000_0040L);
    bench.root.barWrite(entry + 8, 4, data);
    bench.root.barWrite(entry + 12, 4, 0);
    bench.root.configWrite(MSIX_CONTROL, MSIX_ENABLE);
  }

  @Test
  void keepsTheVectorTableForSoftware() {
    prepareVector(2, 77);

    assertThat(bench.root.barRead(RegisterModel.MSIX_TABLE + 32, 4)).isEqualTo(0xF000_0040L);
    assertThat(bench.root.barRead(RegisterModel.MSIX_TABLE + 40, 8)).isEqualTo(77);
    assertThat(bench.root.barRead(RegisterModel.MSIX_TABLE + 12, 4)).as("masked").isEqualTo(1);
    assertThat(bench.model.calls).isEmpty();
  }

  @Test
  void sendsAMessageBehindTheWritesOfTheCaller() throws Exception {
    bench.root.enablePasid();
    bench.root.enableAts();
    prepareVector(1, 0x51);
    bench.root.map(DeviceBench.PASID, DeviceBench.VA, 0x5000, 12, DeviceBench.RW);

    bench.dma.write(DeviceBench.PASID, DeviceBench.VA, new byte[4], 0, 4);
    bench.msi.raise(1);
    bench.root.awaitMessages(1);

    assertThat(bench.root.messages()).containsExactly(0x51);
    assertThat(bench.root.packets().stream().filter(p -> p.type() == TlpType.MEMORY_WRITE))
        .containsExactly(
            new Packet(TlpType.MEMORY_WRITE, 2, -1, 0x5000, 4, 0, 0),
            new Packet(TlpType.MEMORY_WRITE, 2, -1, MSI_ADDRESS, 4, 0, 0));
    assertThat(bench.root.packets())
        .contains(new Packet(TlpType.MEMORY_READ, 1, -1, 0xF000_0000L, 8, 0, 0));
  }

  private long pendingBits() {
    return bench.root.barRead(RegisterModel.MSIX_PENDING, 8);
  }

  @Test
  void keepsAMaskedVectorPendingUntilItIsUnmasked() {
    prepareVector(0, 1);
    long control = RegisterModel.MSIX_TABLE + 12;
    bench.root.barWrite(control, 4, 1);
    bench.msi.raise(0);
    bench.device.statistics().join();
    assertThat(pendingBits()).isEqualTo(1);
    assertThat(bench.root.messages()).isEmpty();

    bench.root.barWrite(control, 4, 0);
    bench.root.awaitMessages(1);
    assertThat(pendingBits()).isZero();
  }

  @Test
  void keepsEveryVectorPendingUnderTheFunctionMask() {
    prepareVector(2, 9);
    bench.root.configWrite(MSIX_CONTROL, MSIX_ENABLE | MSIX_FUNCTION_MASK);
    bench.msi.raise(2);
    bench.device.statistics().join();
    assertThat(pendingBits()).isEqualTo(0b100);

    bench.root.configWrite(MSIX_CONTROL, MSIX_ENABLE);
    bench.root.awaitMessages(1);
    assertThat(bench.root.messages()).containsExactly(9);
  }

  @Test
  void sendsNoMessageWhileMsixIsDisabled() {
    prepareVector(0, 1);
    bench.root.configWrite(MSIX_CONTROL, 0);
    bench.msi.raise(0);
    bench.device.statistics().join();
    bench.root.configWrite(MSIX_CONTROL, MSIX_ENABLE);

    assertThat(pendingBits()).isZero();
    assertThat(bench.root.messages()).isEmpty();
  }

  @Test
  void isAsAtFirstAfterAReset() {
    prepareVector(0, 1);
    bench.root.enableAts();

    bench.root.reset();
    bench.root.enable();

    assertThat(bench.root.configRead(MSIX_CONTROL)).isEqualTo(0x0002_0011);
    assertThat(bench.root.configRead(0x104)).isEqualTo(0x60);
    assertThat(bench.root.barRead(RegisterModel.MSIX_TABLE + 12, 4)).isEqualTo(1);
    bench.root.barRead(0, 4);
    assertThat(bench.model.calls).startsWith("reset");
  }
}
