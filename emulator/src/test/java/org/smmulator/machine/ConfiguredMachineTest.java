package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The machines of the folder {@code configs} that are there for harnesses. */
class ConfiguredMachineTest extends DrivenMachine {
  private static final long EDU = 0x11e8_1234L;
  private static final long TEST_DEVICE = 0x0005_1b36L;

  @Test
  void theMachineOfQemuShowsItsIdRegistersAndDevices() throws Exception {
    Harness harness = startFile("qemu-virt.yaml");
    assertThat(harness.readRegister(0x00)).as("IDR0").isEqualTo(0x0d44_101bL);
    assertThat(harness.readRegister(0x04)).as("IDR1").isEqualTo(0x0273_0010L);
    assertThat(harness.readRegister(0x0c)).as("IDR3").isEqualTo(0x1414L);
    assertThat(harness.readRegister(0x14)).as("IDR5").isEqualTo(0x74L);
    assertThat(harness.readRegister(0x1c)).as("AIDR: 3.1").isEqualTo(0x1L);
    assertThat(identity(harness, 0x08)).isEqualTo(TEST_DEVICE);
    assertThat(identity(harness, 0x10)).isEqualTo(EDU);
  }

  @Test
  void theBareMachineHasEverythingAndLarge() throws Exception {
    Harness harness = startFile("bare.yaml");
    long idr0 = harness.readRegister(0x00);
    for (int bit : new int[] {0, 1, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 27}) {
      assertThat(idr0 >> bit & 1).as("IDR0 bit %d", bit).isEqualTo(1);
    }
    assertThat(idr0 >> 6 & 3).as("HTTU").isEqualTo(2);
    assertThat(idr0 >> 24 & 3).as("STALL_MODEL: either").isZero();
    assertThat(harness.readRegister(0x04) & 0x3ff_ffff)
        .as("IDR1: queues, SSIDSIZE, SIDSIZE")
        .isEqualTo(19 << 21 | 19 << 16 | 19 << 11 | 20 << 6 | 32);
    assertThat(harness.readRegister(0x14))
        .as("IDR5: STALL_MAX, VAX, granules, OAS")
        .isEqualTo(4096L << 16 | 1 << 10 | 0b111 << 4 | 6);
    assertThat(harness.readRegister(0x1c)).as("AIDR: 3.2").isEqualTo(0x2L);
    assertThat(identity(harness, 0x20)).isEqualTo(EDU);
    assertThat(identity(harness, 0x28)).isEqualTo(TEST_DEVICE);
    assertThat(harness.ask("smmu_read 0x10001 - 0x1000 4")).as("no PCIe").isEqualTo("FAIL abort");
  }

  private static long identity(Harness harness, int function) throws Exception {
    return harness.number("readl 0x%x", Harness.ECAM + ((long) function << 12));
  }

  /** What was recorded there used all of its GiB. */
  @Test
  void theRamOfQemusVirtMachineEndsAt2GiB() throws Exception {
    Harness harness = startFile("qemu-virt.yaml");
    harness.perform("writeq 0x7ffffff8 0x1122334455667788");
    assertThat(harness.ask("readq 0x7ffffff8")).isEqualTo("OK 0x1122334455667788");
    assertThat(harness.ask("readb 0x80000000")).startsWith("FAIL abort");
  }
}
