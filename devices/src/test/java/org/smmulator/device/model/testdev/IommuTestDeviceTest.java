package org.smmulator.device.model.testdev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.SystemMemory.Answer;
import org.smmulator.device.fake.FakeRootComplex;

class IommuTestDeviceTest {
  private static final int MEMORY_BYTES = 4 << 20;
  private static final long IOVA = 0x8080_6040_0000L;

  private final FakeRootComplex root = new FakeRootComplex(MEMORY_BYTES);
  private volatile boolean writeRefused;

  IommuTestDeviceTest() throws Exception {
    root.attach(new IommuTestDevice(this::readBack), DeviceOptions.of("iommu-testdev", "itd"));
    root.enable();
    root.map(FakeRootComplex.NO_PASID, IOVA, 0x20_0000, 21, AtsEntry.READ | AtsEntry.WRITE);
  }

  @AfterEach
  void close() {
    root.close();
  }

  private void readBack(long address, byte[] target, Consumer<Answer> then) {
    if (writeRefused) {
      then.accept(Answer.WRITE_REFUSED);
    } else if (address < 0 || address > MEMORY_BYTES - target.length) {
      then.accept(Answer.NO_MEMORY);
    } else {
      System.arraycopy(root.read(address, target.length), 0, target, 0, target.length);
      then.accept(Answer.READ);
    }
  }

  private void arm(long iova, long physical, long length, long attributes) {
    root.barWrite(0x04, 4, iova);
    root.barWrite(0x08, 4, iova >>> 32);
    root.barWrite(0x1C, 4, physical);
    root.barWrite(0x20, 4, physical >>> 32);
    root.barWrite(0x0C, 4, length);
    root.barWrite(0x18, 4, attributes);
    root.barWrite(0x14, 4, 1);
  }

  /** The result at the time when the trigger was answered. */
  private long trigger() {
    assertThat(root.barRead(0x00, 4)).isZero();
    return root.barRead(0x10, 4);
  }

  @Test
  void looksLikeQemusDevice() {
    assertThat(root.configRead(0x00)).isEqualTo(0x0005_1B36);
    assertThat(root.configRead(0x08)).isEqualTo(0x00FF_0000);
    root.configWrite(0x10, -1);
    assertThat(root.configRead(0x10)).as("32 bits, 4 KiB").isEqualTo(0xFFFF_F000);
  }

  @ParameterizedTest
  @CsvSource({"1", "4", "7", "4096", "70001", "1048576"})
  void writesThePatternThroughTheIommuAndFindsItAtThePhysicalAddress(int length) {
    arm(IOVA, 0x20_0000, length, 0x2);
    assertThat(root.barRead(0x10, 4)).as("armed").isEqualTo(0xFFFF_FFFEL);

    assertThat(trigger()).isZero();

    byte[] written = root.read(0x20_0000, length + 1);
    byte[] pattern = {0x78, 0x56, 0x34, 0x12};
    for (int i = 0; i < length; i++) {
      assertThat(written[i]).as("byte %d", i).isEqualTo(pattern[i % 4]);
    }
    assertThat(written[length]).as("behind the end").isZero();
    assertThat(root.packets()).isNotEmpty().allMatch(p -> p.pasid() < 0 && p.addressType() == 0);
  }

  @Test
  void aTriggerTakesTheRequestAndNeedsAnotherOne() {
    assertThat(root.barRead(0x10, 4)).as("idle").isEqualTo(0xFFFF_FFFFL);
    arm(IOVA, 0x20_0000, 4, 0x2);
    assertThat(trigger()).isZero();

    assertThat(trigger()).isEqualTo(0xDEAD_0005L);
    assertThat(root.packets()).hasSize(1);
  }

  @Test
  void disarmingMakesItIdle() {
    arm(IOVA, 0x20_0000, 4, 0x2);
    root.barWrite(0x14, 4, 2);

    assertThat(root.barRead(0x10, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(trigger()).isEqualTo(0xDEAD_0005L);
  }

  @ParameterizedTest
  @CsvSource({"0", "1048577", "2147483648", "4294967295"})
  void refusesLengthsThatItCannotTake(long length) {
    arm(IOVA, 0x20_0000, length, 0x2);

    assertThat(trigger()).isEqualTo(0xDEAD_0001L);
    assertThat(root.packets()).isEmpty();
    assertThat(trigger()).as("and has taken the request").isEqualTo(0xDEAD_0005L);
  }

  @ParameterizedTest
  @CsvSource({
    "0x8,false",
    "0x9,true",
    "0xA,true",
    "0xB,false",
    "0x0,true",
    "0x3,true",
    "0xC,true",
    "0xF,true"
  })
  void checksThatSecureStateAndSecureSpaceGoTogether(String attributes, boolean right) {
    arm(IOVA, 0x20_0000, 4, Long.decode(attributes));

    assertThat(trigger()).isEqualTo(right ? 0 : 0xDEAD_0006L);
  }

  @Test
  void saysWhenTheWriteWasRefused() {
    writeRefused = true;
    arm(IOVA, 0x20_0000, 4, 0x2);

    assertThat(trigger()).isEqualTo(0xDEAD_0002L);
  }

  @Test
  void saysThatTheWriteFailedWithoutBusMastering() {
    root.configWrite(0x04, 0b010);
    arm(IOVA, 0x20_0000, 4, 0x2);

    assertThat(trigger()).isEqualTo(0xDEAD_0002L);
  }

  @Test
  void saysWhenThereIsNoMemoryToReadBackFrom() {
    arm(IOVA, 0xFFFF_FFFF_0000_0000L, 4, 0x2);

    assertThat(trigger()).isEqualTo(0xDEAD_0003L);
  }

  @Test
  void saysWhenThePatternIsElsewhere() {
    arm(IOVA, 0x2000, 4, 0x2);

    assertThat(trigger()).isEqualTo(0xDEAD_0004L);
  }

  @Test
  void readsBackItsRegistersAndIgnoresNarrowAccesses() {
    arm(0x1111_2222_3333_4444L, 0x5555_6666_7777_8888L, 9, 0xABCD);
    root.barWrite(0x10, 4, 5);
    root.barWrite(0x04, 2, 1);

    assertThat(root.barRead(0x04, 4)).isEqualTo(0x3333_4444L);
    assertThat(root.barRead(0x08, 8)).as("two registers").isEqualTo(0x9_1111_2222L);
    assertThat(root.barRead(0x1C, 4)).isEqualTo(0x7777_8888L);
    assertThat(root.barRead(0x20, 4)).isEqualTo(0x5555_6666L);
    assertThat(root.barRead(0x18, 4)).isEqualTo(0xABCD);
    assertThat(root.barRead(0x10, 4)).as("the result can be written").isEqualTo(5);
    assertThat(root.barRead(0x04, 2)).isZero();
    assertThat(root.barRead(0x24, 4)).as("no register").isZero();
    assertThat(root.barRead(0x00, 2)).as("too narrow to trigger").isZero();
    assertThat(root.barRead(0x10, 4)).isEqualTo(5);
  }

  @Test
  void resetDisarmsAndForgets() {
    arm(IOVA, 0x20_0000, 4, 0x9);

    root.reset();
    root.enable();

    assertThat(root.barRead(0x10, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(root.barRead(0x04, 4)).isZero();
    assertThat(root.barRead(0x1C, 4)).isZero();
    assertThat(root.barRead(0x0C, 4)).isZero();
    assertThat(root.barRead(0x18, 4)).isEqualTo(2);
    assertThat(trigger()).isEqualTo(0xDEAD_0005L);
  }
}
