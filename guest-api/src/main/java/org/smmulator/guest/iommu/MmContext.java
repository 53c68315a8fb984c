package org.smmulator.guest.iommu;

import org.smmulator.guest.mm.AddressSpace;

/** What a driver keeps of one address space that it lets devices walk. */
public interface MmContext {
  int asid();

  AddressSpace mm();
}
