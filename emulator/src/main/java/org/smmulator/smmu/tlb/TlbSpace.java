package org.smmulator.smmu.tlb;

/**
 * The tag that cached translations share (IHI 0070 3.17): one address space as {regime, VMID, ASID,
 * ASET} names it, or the global pages of all spaces of {regime, VMID, ASET}, or the intermediate
 * addresses of a VMID. There is one object for each such name, handed out by {@link TlbSpaces}; its
 * id stands for it in the tags of the TLB and the walk cache, while it has entries.
 */
public final class TlbSpace {
  /** ASID of the space of global pages. */
  static final int GLOBAL = -1;

  private final Regime regime;
  private final int vmid;
  private final int asid;
  private final boolean aset;

  /** 0 while nothing is cached. */
  int id;

  /** Where {@link SpaceIds} lists it. */
  int position;

  /** Entries of the TLB. */
  int leaves;

  /** Bit n: the TLB may hold entries of 2^n bytes. */
  long leafSizes;

  /** Bit n: of a stage-1 leaf of 2^n bytes the TLB may hold smaller pieces, made so by stage 2. */
  long brokenLeaves;

  /** Entries of the walk cache. */
  int tables;

  /** Bit n: the walk cache may hold tables that serve 2^n bytes. */
  long tableSizes;

  TlbSpace(Regime regime, int vmid, int asid, boolean aset) {
    this.regime = regime;
    this.vmid = vmid;
    this.asid = asid;
    this.aset = aset;
  }

  public Regime regime() {
    return regime;
  }

  public int vmid() {
    return vmid;
  }

  /** ASID; 0 in regime EL2, and -1 of the space of global pages. */
  public int asid() {
    return asid;
  }

  boolean aset() {
    return aset;
  }

  boolean isGlobal() {
    return asid == GLOBAL;
  }
}
