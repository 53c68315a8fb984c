package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.inPlace;

/** The fields of a Stream Table Entry that decide translations (IHI 0070 5.2). */
final class StreamEntry {
  private static final int[] S2_GRANULES = {12, 16, 14, 0};

  private final long dw0;
  private final long dw1;
  private final long dw2;
  private final long dw3;

  StreamEntry(long[] words) {
    dw0 = words[0];
    dw1 = words[1];
    dw2 = words[2];
    dw3 = words[3];
  }

  boolean valid() {
    return bit(dw0, 0);
  }

  boolean aborts() {
    return !bit(dw0, 3);
  }

  boolean stage1() {
    return !aborts() && bit(dw0, 1);
  }

  boolean stage2() {
    return !aborts() && bit(dw0, 2);
  }

  /** 0 linear, 1 leaves of 4 KiB, 2 leaves of 64 KiB. */
  int s1Fmt() {
    int fmt = (int) bits(dw0, 5, 4);
    return fmt == 3 ? 0 : fmt;
  }

  long s1ContextPtr() {
    return inPlace(dw0, 51, 6);
  }

  int s1CdMax() {
    return (int) bits(dw0, 63, 59);
  }

  /** 0 terminate, 1 bypass, 2 CD 0. */
  int s1Dss() {
    int dss = (int) bits(dw1, 1, 0);
    return dss == 3 ? 0 : dss;
  }

  boolean s2Fwb() {
    return bit(dw1, 25);
  }

  boolean s1StallDisabled() {
    return bit(dw1, 27);
  }

  int eats() {
    return (int) bits(dw1, 29, 28);
  }

  int strw() {
    return (int) bits(dw1, 31, 30);
  }

  int privCfg() {
    return (int) bits(dw1, 49, 48);
  }

  int instCfg() {
    return (int) bits(dw1, 51, 50);
  }

  int s2Vmid() {
    return (int) bits(dw2, 15, 0);
  }

  int s2T0sz() {
    return (int) bits(dw2, 37, 32);
  }

  int s2Sl0() {
    return (int) bits(dw2, 39, 38);
  }

  /** log2 of the granule; 0 for the reserved encoding. */
  int s2Granule() {
    return S2_GRANULES[(int) bits(dw2, 47, 46)];
  }

  int s2Ps() {
    return (int) bits(dw2, 50, 48);
  }

  boolean s2Aa64() {
    return bit(dw2, 51);
  }

  boolean s2BigEndian() {
    return bit(dw2, 52);
  }

  boolean s2Affd() {
    return bit(dw2, 53);
  }

  boolean s2Ptw() {
    return bit(dw2, 54);
  }

  boolean s2Hd() {
    return bit(dw2, 55);
  }

  boolean s2Ha() {
    return bit(dw2, 56);
  }

  boolean s2Stalls() {
    return bit(dw2, 57);
  }

  boolean s2Records() {
    return bit(dw2, 58);
  }

  long s2Ttb() {
    return inPlace(dw3, 51, 4);
  }
}
