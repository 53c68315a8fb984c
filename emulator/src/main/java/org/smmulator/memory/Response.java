package org.smmulator.memory;

/** How an access ends, in the words of the bus between masters and registers (AMBA AXI, A3.4.4). */
public enum Response {
  OKAY,
  /** Somebody is there and cannot do it, or does not answer. */
  SLVERR,
  /** Nobody is there. */
  DECERR
}
