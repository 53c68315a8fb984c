package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HotplugBlockTest {
  private static final long PRESENT_20 = 0xC000_0020L;
  private static final long GONE_20 = 0x8000_0020L;
  private static final long PRESENT_28 = 0xC000_0028L;

  private int interrupts;
  private final HotplugBlock block = new HotplugBlock(() -> interrupts++);

  @Test
  void readsZeroWhenNothingHappened() {
    assertThat(block.read(0)).isZero();
    block.write(4, 1);
    assertThat(interrupts).isZero();
  }

  @Test
  void tellsEventsInOrderAndInterruptsAgainWhileSomeAreLeft() {
    block.present(0x20);
    block.present(0x28);
    block.gone(0x20);
    assertThat(interrupts).isEqualTo(1);
    assertThat(block.read(0)).isEqualTo(PRESENT_20);
    block.write(4, 1);
    assertThat(interrupts).isEqualTo(2);
    assertThat(block.read(0)).isEqualTo(PRESENT_28);
    block.write(4, 1);
    assertThat(block.read(0)).isEqualTo(GONE_20);
    block.write(4, 1);
    assertThat(interrupts).isEqualTo(3);
    assertThat(block.read(0)).isZero();
    block.present(0x28);
    assertThat(interrupts).isEqualTo(4);
  }

  @Test
  void popsOnlyThroughTheAckRegister() {
    block.present(0x20);
    block.write(0, 1);
    block.write(8, 1);
    assertThat(block.read(0)).isEqualTo(PRESENT_20);
    assertThat(block.read(4)).isZero();
  }

  @Test
  void keepsAtMostThreeEventsOfASlotThatComesAndGoesUnseen() {
    for (int i = 0; i < 1000; i++) {
      block.present(0x20);
      block.gone(0x20);
    }
    block.present(0x20);
    assertThat(block.read(0)).isEqualTo(PRESENT_20);
    block.write(4, 1);
    assertThat(block.read(0)).isEqualTo(GONE_20);
    block.write(4, 1);
    assertThat(block.read(0)).isEqualTo(PRESENT_20);
    block.write(4, 1);
    assertThat(block.read(0)).isZero();
  }
}
