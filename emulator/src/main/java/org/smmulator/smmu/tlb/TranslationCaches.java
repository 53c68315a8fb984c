package org.smmulator.smmu.tlb;

import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * TLB and walk cache as TLBI commands and broadcast TLB maintenance see them (IHI 0070 3.17, 4.4):
 * one method for each scope, which drops exactly what that scope requires. A command's VMID is
 * compared under a mask; SMMUs without stage 2 have VMID 0 alone.
 */
public final class TranslationCaches {
  /** A mask under which all bits of a VMID count. */
  public static final int EXACT_VMID = SpaceScope.EXACT_VMID;

  private static final int MAX_ENTRIES = 1 << 19;
  private static final int ANY_VMID = 0;

  private final TlbSpaces spaces = new TlbSpaces();
  private final SpaceScope scope = new SpaceScope();
  private final AddressRange broadcastRange = new AddressRange();
  private final Tlb tlb;
  private final WalkCache walkCache;

  public TranslationCaches(SmmuFeatures.Caches sizes) {
    if ((long) sizes.tlbEntries() + sizes.walkEntries() > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "SMMU TLB and walk cache have "
              + sizes.tlbEntries()
              + " and "
              + sizes.walkEntries()
              + " entries; together they can have "
              + MAX_ENTRIES);
    }
    tlb = new Tlb(sizes.tlbEntries(), sizes.tlbWays(), spaces);
    walkCache = new WalkCache(sizes.walkEntries(), spaces);
  }

  public TlbSpaces spaces() {
    return spaces;
  }

  public Tlb tlb() {
    return tlb;
  }

  public WalkCache walkCache() {
    return walkCache;
  }

  /** Stage 1 and combined entries of NS-EL1, global ones included. */
  public void nhAll(int vmid, int vmidMask) {
    drop(scope.all(Regime.EL1, vmid, vmidMask));
  }

  /** The same of one ASID, global entries excluded. */
  public void nhAsid(int vmid, int vmidMask, int asid) {
    drop(scope.of(Regime.EL1, vmid, vmidMask, asid));
  }

  /** Addresses of an ASID, and global entries for them. */
  public void nhVa(int vmid, int vmidMask, int asid, AddressRange range) {
    drop(scope.of(Regime.EL1, vmid, vmidMask, asid).withGlobals(), range);
  }

  /** Addresses of all ASIDs, and global entries for them. */
  public void nhVaa(int vmid, int vmidMask, AddressRange range) {
    drop(scope.all(Regime.EL1, vmid, vmidMask), range);
  }

  /** Everything of EL2, with E2H or without. */
  public void el2All() {
    drop(scope.all(Regime.EL2, 0, ANY_VMID));
    drop(scope.all(Regime.EL2_E2H, 0, ANY_VMID));
  }

  /** Everything of an ASID of EL2-E2H, global entries excluded. */
  public void el2Asid(int asid) {
    drop(scope.of(Regime.EL2_E2H, 0, EXACT_VMID, asid));
  }

  /**
   * Addresses of an ASID of EL2-E2H, and global entries for them; or of EL2, which has no ASIDs.
   */
  public void el2Va(boolean e2h, int asid, AddressRange range) {
    if (e2h) {
      drop(scope.of(Regime.EL2_E2H, 0, EXACT_VMID, asid).withGlobals(), range);
    } else {
      el2Vaa(false, range);
    }
  }

  /** Addresses of all ASIDs of EL2-E2H, or of EL2. */
  public void el2Vaa(boolean e2h, AddressRange range) {
    drop(scope.all(e2h ? Regime.EL2_E2H : Regime.EL2, 0, ANY_VMID), range);
  }

  /** Both stages of a VMID. */
  public void s12Vmall(int vmid, int vmidMask) {
    nhAll(vmid, vmidMask);
    drop(scope.all(Regime.STAGE2, vmid, vmidMask));
  }

  /** Intermediate addresses of a VMID; combined entries stay. */
  public void s2Ipa(int vmid, int vmidMask, AddressRange range) {
    drop(scope.of(Regime.STAGE2, vmid, vmidMask, 0), range);
  }

  /** Everything Non-secure that is not of EL2. */
  public void nsnhAll() {
    s12Vmall(0, ANY_VMID);
  }

  /**
   * A CPU's TLBI of everything in its regime, of VMID 0 under a mask. Contexts with ASET = 1 are
   * spared by operations that match an ASID, and by no others (3.17).
   */
  public void broadcastAll(Regime regime, int vmidMask) {
    drop(scope.all(regime, 0, vmidMask));
  }

  /** A CPU's TLBI by ASID. */
  public void broadcastAsid(Regime regime, int vmidMask, int asid) {
    drop(scope.of(regime, 0, vmidMask, asid).withAsetZeroOnly());
  }

  /** A CPU's TLBI by address and ASID, and of global entries for the address. */
  public void broadcastVa(Regime regime, int vmidMask, int asid, long address, boolean leafOnly) {
    drop(
        scope.of(regime, 0, vmidMask, asid).withGlobals().withAsetZeroOnly(),
        broadcastRange.page(address, leafOnly));
  }

  /** A CPU's TLBI by address of all ASIDs. */
  public void broadcastVaa(Regime regime, int vmidMask, long address, boolean leafOnly) {
    drop(scope.all(regime, 0, vmidMask), broadcastRange.page(address, leafOnly));
  }

  private void drop(SpaceScope named) {
    int selected = spaces.select(named);
    for (int i = 0; i < selected; i++) {
      TlbSpace space = spaces.selected(i);
      tlb.retire(space);
      walkCache.retire(space);
      spaces.ids().retire(space);
    }
  }

  private void drop(SpaceScope named, AddressRange range) {
    int selected = spaces.select(named);
    tlb.invalidate(named, range, selected);
    if (!range.leafOnly()) {
      walkCache.invalidate(named, range, selected);
    }
  }
}
