package org.smmulator.smmu.tlb;

/** Which address spaces a TLBI names, by their tags (IHI 0070 4.4); reused. */
final class SpaceScope {
  static final int ANY_ASID = -1;
  static final int EXACT_VMID = 0xffff;

  Regime regime = Regime.EL1;
  int vmid;

  /** The bits of {@link #vmid} that count. */
  int vmidMask;

  int asid;

  /** Whether global pages are named as well. */
  boolean globals;

  /** Only contexts that take part in broadcast invalidation. */
  boolean asetZeroOnly;

  /** Everything of a regime. */
  SpaceScope all(Regime named, int ofVmid, int mask) {
    return of(named, ofVmid, mask, ANY_ASID).withGlobals();
  }

  /** One ASID of a regime, or {@link #ANY_ASID}; without global pages. */
  SpaceScope of(Regime named, int ofVmid, int mask, int ofAsid) {
    regime = named;
    vmid = ofVmid;
    vmidMask = mask;
    asid = ofAsid;
    globals = false;
    asetZeroOnly = false;
    return this;
  }

  SpaceScope withGlobals() {
    globals = true;
    return this;
  }

  SpaceScope withAsetZeroOnly() {
    asetZeroOnly = true;
    return this;
  }

  /** Whether the names of all spaces in question are known without a search. */
  boolean namesOneAsid() {
    return asid != ANY_ASID && vmidMask == EXACT_VMID;
  }

  boolean names(TlbSpace space) {
    return space.regime() == regime
        && ((space.vmid() ^ vmid) & vmidMask) == 0
        && (space.isGlobal() ? globals : asid == ANY_ASID || asid == space.asid())
        && !(asetZeroOnly && space.aset());
  }
}
