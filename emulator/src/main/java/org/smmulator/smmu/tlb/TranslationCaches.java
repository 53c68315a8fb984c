package org.smmulator.smmu.tlb;

import org.smmulator.smmu.SmmuFeatures;

/**
 * TLB and walk cache as the TLBI commands of the Non-secure queue see them (IHI 0070 4.4); one
 * method for each command that exists without stage 2 and EL2. VMIDs do not exist without stage 2.
 */
public final class TranslationCaches {
  private final Tlb tlb;
  private final WalkCache walkCache;

  public TranslationCaches(SmmuFeatures.Caches sizes) {
    tlb = new Tlb(sizes.tlbEntries(), sizes.tlbWays());
    walkCache = new WalkCache(sizes.walkEntries());
  }

  public Tlb tlb() {
    return tlb;
  }

  public WalkCache walkCache() {
    return walkCache;
  }

  /** Everything of stage 1, global entries included. */
  public void nhAll() {
    tlb.invalidateAll();
    walkCache.invalidateAll();
  }

  /** Everything of an ASID, global entries excluded. */
  public void nhAsid(int asid) {
    tlb.invalidateAsid(asid);
    walkCache.invalidateAsid(asid);
  }

  /** An address of an ASID, and global entries for it. */
  public void nhVa(int asid, long address, boolean leafOnly) {
    tlb.invalidateVa(asid, address);
    if (!leafOnly) {
      walkCache.invalidateVa(asid, address);
    }
  }

  /** An address of all ASIDs, and global entries for it. */
  public void nhVaa(long address, boolean leafOnly) {
    tlb.invalidateVaa(address);
    if (!leafOnly) {
      walkCache.invalidateVaa(address);
    }
  }

  /** Everything Non-secure that is not of EL2. */
  public void nsnhAll() {
    nhAll();
  }
}
