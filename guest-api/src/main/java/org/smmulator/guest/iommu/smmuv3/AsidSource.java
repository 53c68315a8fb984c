package org.smmulator.guest.iommu.smmuv3;

/** The kernel's one source of ASIDs, so that a domain's never equals that of a process. */
public interface AsidSource {
  /**
   * Takes an ASID that nothing is cached under.
   *
   * @throws org.smmulator.guest.mm.OutOfMemory if none is left
   */
  int allocate();

  /** Gives it back; everything cached under it was invalidated before. */
  void free(int asid);
}
