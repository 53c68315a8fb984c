package org.smmulator.smmu.port;

/** The SMMU's wired interrupt outputs, all edge-triggered (IHI 0070 3.18). */
public enum SmmuInterrupt {
  EVENTQ,
  PRIQ,
  CMD_SYNC,
  GERROR
}
