package org.smmulator.smmu.oracle;

/** The four 64-bit words of one entry of the event queue. */
record EventRecord(long dw0, long dw1, long dw2, long dw3) {
  /** The event's number. */
  int type() {
    return (int) dw0 & 0xff;
  }

  @Override
  public String toString() {
    return String.format("[%016x %016x %016x %016x]", dw0, dw1, dw2, dw3);
  }
}
