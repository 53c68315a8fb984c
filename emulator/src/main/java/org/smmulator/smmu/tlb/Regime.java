package org.smmulator.smmu.tlb;

/** Translation regimes that tag cached translations (IHI 0070 3.17): the Non-secure ones. */
public enum Regime {
  /** Stage 1, or stages 1 and 2 combined, of NS-EL1. */
  EL1(0),
  /** NS-EL2: no ASIDs, one privilege. */
  EL2(1),
  /** NS-EL2 with CR2.E2H. */
  EL2_E2H(2),
  /** Stage 2 by itself: intermediate addresses of a VMID. */
  STAGE2(3);

  private final int code;

  Regime(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
