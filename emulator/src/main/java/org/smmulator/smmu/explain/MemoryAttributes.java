package org.smmulator.smmu.explain;

import org.smmulator.arch.vmsa.Descriptor;

/**
 * Memory type, cacheability and shareability of an address (Arm ARM D8.6; IHI 0070 13.1.5).
 *
 * @param attributes a byte as in MAIR
 * @param shareability 0 non-shareable, 2 outer, 3 inner
 */
record MemoryAttributes(int attributes, int shareability) {
  private static final int OUTER_SHAREABLE = 2;
  private static final int NON_CACHEABLE = 0x44;
  private static final int WRITE_THROUGH_NIBBLE = 0xb;
  private static final int WRITE_BACK_NIBBLE = 0xf;
  private static final int NON_CACHEABLE_NIBBLE = 0x4;
  private static final int SH_SHIFT = 8;

  /** Normal memory, write-back, non-shareable: what stage 2 forces where there is no stage 1. */
  static final MemoryAttributes WRITE_BACK = new MemoryAttributes(0xff, 0);

  /** What a stage 1 leaf says, with the attributes that its index chooses in {@code mair}. */
  static MemoryAttributes ofStage1(long leaf, long mair) {
    int index = (int) (leaf >>> Descriptor.ATTR_INDEX_SHIFT) & 7;
    int attributes = (int) (mair >>> (index * 8)) & 0xff;
    boolean device = attributes >>> 4 == 0;
    return of(device ? attributes & 0x0c : attributes, (int) (leaf >>> SH_SHIFT) & 3);
  }

  /** What a stage 2 leaf says without forced write-back. */
  static MemoryAttributes ofStage2(long leaf) {
    int memAttr = memAttr(leaf);
    int outer = memAttr >>> 2;
    int attributes = outer == 0 ? (memAttr & 3) << 2 : nibble(outer) << 4 | nibble(memAttr & 3);
    return of(attributes, (int) (leaf >>> SH_SHIFT) & 3);
  }

  /** Of both stages, the stricter of each. */
  static MemoryAttributes combine(MemoryAttributes first, MemoryAttributes second) {
    int shareability = stricter(first.shareability, second.shareability);
    if (first.isDevice() || second.isDevice()) {
      boolean both = first.isDevice() && second.isDevice();
      int device = first.isDevice() ? first.attributes : second.attributes;
      return of(both ? Math.min(first.attributes, second.attributes) : device, shareability);
    }
    int outer = weaker(first.attributes >>> 4, second.attributes >>> 4);
    int inner = weaker(first.attributes & 0xf, second.attributes & 0xf);
    return of(outer << 4 | inner, shareability);
  }

  /** Of both stages where stage 2 forces write-back (S2FWB). */
  static MemoryAttributes combineForced(MemoryAttributes first, long leaf) {
    int memAttr = memAttr(leaf);
    int shareability = stricter(first.shareability, (int) (leaf >>> SH_SHIFT) & 3);
    if ((memAttr & 4) == 0) {
      int device = (memAttr & 3) << 2;
      return of(first.isDevice() ? Math.min(device, first.attributes) : device, shareability);
    }
    return switch (memAttr & 3) {
      case 1 -> of(first.isDevice() ? first.attributes : NON_CACHEABLE, shareability);
      case 2 -> of(WRITE_BACK_NIBBLE << 4 | WRITE_BACK_NIBBLE, shareability);
      default -> of(first.attributes, shareability);
    };
  }

  /** Device and wholly non-cacheable memory is outer shareable. */
  private static MemoryAttributes of(int attributes, int shareability) {
    boolean outer = attributes >>> 4 == 0 || attributes == NON_CACHEABLE;
    return new MemoryAttributes(attributes, outer ? OUTER_SHAREABLE : shareability);
  }

  private boolean isDevice() {
    return attributes >>> 4 == 0;
  }

  private static int memAttr(long leaf) {
    return (int) (leaf >>> Descriptor.S2_MEMATTR_SHIFT) & 0xf;
  }

  private static int nibble(int stage2Code) {
    return switch (stage2Code) {
      case 2 -> WRITE_THROUGH_NIBBLE;
      case 3 -> WRITE_BACK_NIBBLE;
      default -> NON_CACHEABLE_NIBBLE;
    };
  }

  /** Non-cacheable before write-through before write-back. */
  private static int weaker(int first, int second) {
    return rank(first) <= rank(second) ? first : second;
  }

  private static int rank(int nibble) {
    if (nibble == NON_CACHEABLE_NIBBLE) {
      return 0;
    }
    boolean writeBack = (nibble & 0b0100) != 0;
    return writeBack ? 2 : 1;
  }

  /** Outer before inner before non-shareable. */
  private static int stricter(int first, int second) {
    if (first == OUTER_SHAREABLE || second == OUTER_SHAREABLE) {
      return OUTER_SHAREABLE;
    }
    return Math.max(first, second);
  }
}
