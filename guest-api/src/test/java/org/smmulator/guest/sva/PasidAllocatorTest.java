package org.smmulator.guest.sva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PasidAllocatorTest {
  @Test
  void lowestReusesAtOnceAndCyclicAsLateAsItCan() {
    PasidAllocator lowest = new PasidAllocator(PasidPolicy.LOWEST);
    PasidAllocator cyclic = new PasidAllocator(PasidPolicy.CYCLIC);
    for (PasidAllocator pasids : new PasidAllocator[] {lowest, cyclic}) {
      assertThat(pasids.allocate(1, 4)).isEqualTo(1);
      assertThat(pasids.allocate(1, 4)).isEqualTo(2);
      pasids.free(1);
    }
    assertThat(lowest.allocate(1, 4)).isEqualTo(1);
    assertThat(cyclic.allocate(1, 4)).isEqualTo(3);
    assertThat(cyclic.allocate(1, 4)).isEqualTo(4);
    assertThat(cyclic.allocate(1, 4)).isEqualTo(1);
    assertThat(cyclic.allocate(1, 4)).isEqualTo(-1);
    assertThat(cyclic.allocate(7, 7)).isEqualTo(7);
    assertThat(cyclic.liveCount()).isEqualTo(5);
  }

  @Test
  void aQuarantinedPasidIsNotHandedOut() {
    PasidAllocator pasids = new PasidAllocator(PasidPolicy.LOWEST);
    int pasid = pasids.allocate(1, 2);
    pasids.quarantine(pasid);
    assertThat(pasids.allocate(1, 2)).isEqualTo(2);
    assertThat(pasids.allocate(1, 2)).isEqualTo(-1);
    assertThat(pasids.quarantinedCount()).isEqualTo(1);
    assertThat(pasids.liveCount()).isEqualTo(1);
    pasids.free(pasid);
    assertThat(pasids.quarantinedCount()).isZero();
    assertThat(pasids.allocate(1, 2)).isEqualTo(pasid);
  }

  @Test
  void handingOutAPasidThatIsStillNamedIsABug() {
    PasidAllocator pasids = new PasidAllocator(PasidPolicy.LOWEST);
    int pasid = pasids.allocate(1, 9);
    pasids.named(pasid, PasidUse.CD);
    pasids.named(pasid, PasidUse.BOND);
    pasids.unnamed(pasid, PasidUse.BOND);
    pasids.free(pasid);
    assertThatThrownBy(() -> pasids.allocate(1, 9))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("CD")
        .hasMessageNotContaining("BOND");
    pasids.unnamed(pasid, PasidUse.CD);
    assertThat(pasids.allocate(1, 9)).isEqualTo(pasid);
    assertThatThrownBy(() -> pasids.unnamed(pasid, PasidUse.BOND))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pasids.named(5, PasidUse.BOND))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pasids.free(5)).isInstanceOf(IllegalStateException.class);
  }
}
