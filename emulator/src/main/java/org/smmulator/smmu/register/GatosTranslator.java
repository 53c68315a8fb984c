package org.smmulator.smmu.register;

/** What translates for GATOS: as a client transaction would be, but with no event and no stall. */
public interface GatosTranslator {
  /** The value for GATOS_PAR; INV_STAGE if the stream has no such stage enabled. */
  long translate(GatosRequest request);
}
