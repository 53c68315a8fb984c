package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.guest.iommu.MmContext;
import org.smmulator.guest.mm.AddressSpace;

/** An address space that devices may walk: its table and the CPU's own ASID. */
final class SvaContext implements MmContext {
  private final AddressSpace mm;
  private volatile boolean freed;

  SvaContext(AddressSpace mm) {
    this.mm = mm;
  }

  @Override
  public int asid() {
    return mm.asid();
  }

  @Override
  public AddressSpace mm() {
    return mm;
  }

  void assertLive() {
    if (freed) {
      throw new IllegalStateException("the context of " + mm + " is used after it was freed");
    }
  }

  void free() {
    assertLive();
    freed = true;
  }
}
