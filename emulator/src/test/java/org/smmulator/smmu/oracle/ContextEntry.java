package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.inPlace;

/** The fields of a Context Descriptor that decide translations (IHI 0070 5.4). */
final class ContextEntry {
  private static final int[] TG0_GRANULES = {12, 16, 14, 0};
  private static final int[] TG1_GRANULES = {0, 14, 12, 16};

  private final long dw0;
  private final long dw1;
  private final long dw2;

  ContextEntry(long[] words) {
    dw0 = words[0];
    dw1 = words[1];
    dw2 = words[2];
  }

  int txsz(int half) {
    return (int) (half == 0 ? bits(dw0, 5, 0) : bits(dw0, 21, 16));
  }

  /** log2 of the granule; 0 for a reserved encoding. */
  int granule(int half) {
    return half == 0 ? TG0_GRANULES[(int) bits(dw0, 7, 6)] : TG1_GRANULES[(int) bits(dw0, 23, 22)];
  }

  boolean epd(int half) {
    return bit(dw0, half == 0 ? 14 : 30);
  }

  boolean bigEndian() {
    return bit(dw0, 15);
  }

  boolean valid() {
    return bit(dw0, 31);
  }

  int ips() {
    return (int) bits(dw0, 34, 32);
  }

  boolean affd() {
    return bit(dw0, 35);
  }

  boolean wxn() {
    return bit(dw0, 36);
  }

  boolean tbi(int half) {
    return bit(dw0, 38 + half);
  }

  boolean pan() {
    return bit(dw0, 40);
  }

  boolean aa64() {
    return bit(dw0, 41);
  }

  boolean hd() {
    return bit(dw0, 42);
  }

  boolean ha() {
    return bit(dw0, 43);
  }

  boolean stalls() {
    return bit(dw0, 44);
  }

  boolean records() {
    return bit(dw0, 45);
  }

  boolean aborts() {
    return bit(dw0, 46);
  }

  int asid() {
    return (int) bits(dw0, 63, 48);
  }

  boolean had(int half) {
    return bit(half == 0 ? dw1 : dw2, 1);
  }

  boolean e0pd(int half) {
    return bit(half == 0 ? dw1 : dw2, 2);
  }

  long ttb(int half) {
    return inPlace(half == 0 ? dw1 : dw2, 51, 4);
  }
}
