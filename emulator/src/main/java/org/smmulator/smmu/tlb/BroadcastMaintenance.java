package org.smmulator.smmu.tlb;

import org.smmulator.arch.port.BroadcastTlbi;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AccessesUnderWay;
import org.smmulator.smmu.register.Registers;

/**
 * TLB maintenance that CPUs broadcast (IHI 0070 3.17): heard if the SMMU has BTM and CR2.PTM does
 * not say otherwise. The host's CPUs run in NS-EL2 with CR2.E2H, otherwise in NS-EL1 under VMID 0
 * and the others of its group (CR0.VMW). On the hardware's thread, so that no translation is under
 * way.
 */
public final class BroadcastMaintenance implements BroadcastTlbi {
  private final Registers registers;
  private final TranslationCaches caches;
  private final AccessesUnderWay accesses;
  private final boolean connected;

  public BroadcastMaintenance(
      SmmuFeatures features,
      Registers registers,
      TranslationCaches caches,
      AccessesUnderWay accesses) {
    this.registers = registers;
    this.caches = caches;
    this.accesses = accesses;
    this.connected = features.has(Feature.BTM);
  }

  @Override
  public void all() {
    if (isHeard()) {
      caches.broadcastAll(regime(), vmidMask());
    }
  }

  @Override
  public void byAsid(int asid) {
    if (isHeard()) {
      caches.broadcastAsid(regime(), vmidMask(), asid);
    }
  }

  @Override
  public void byVa(int asid, long va, boolean leafOnly) {
    if (isHeard()) {
      caches.broadcastVa(regime(), vmidMask(), asid, va, leafOnly);
    }
  }

  @Override
  public void byVaAllAsids(long va, boolean leafOnly) {
    if (isHeard()) {
      caches.broadcastVaa(regime(), vmidMask(), va, leafOnly);
    }
  }

  @Override
  public void sync(Runnable done) {
    if (isHeard()) {
      accesses.whenOver(done);
    } else {
      done.run();
    }
  }

  private boolean isHeard() {
    return connected && !registers.ignoresBroadcasts();
  }

  /** A group of VMIDs is one to CPUs as well (3.17.6). */
  private int vmidMask() {
    return TranslationCaches.EXACT_VMID << registers.ignoredVmidBits()
        & TranslationCaches.EXACT_VMID;
  }

  private Regime regime() {
    return registers.hostExtensions() ? Regime.EL2_E2H : Regime.EL1;
  }
}
