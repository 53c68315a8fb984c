package org.smmulator.arch.vmsa;

/** Translation granules of VMSAv8-64 and the geometry that follows from them (Arm ARM D8.2). */
public enum Granule {
  KB4(12),
  KB16(14),
  KB64(16);

  /** Deepest level: pages. */
  public static final int LAST_LEVEL = 3;

  private final int shift;

  Granule(int shift) {
    this.shift = shift;
  }

  /** log2 of the bytes of a page. */
  public int shift() {
    return shift;
  }

  /** Address bits that one full table resolves. */
  public int stride() {
    return shift - 3;
  }

  /** Lowest address bit that indexes a table of {@code level}; log2 of what an entry covers. */
  public int levelShift(int level) {
    return shift + (LAST_LEVEL - level) * stride();
  }

  /** Entries of a contiguous group at a level that has blocks or pages, as log2 (D8.7). */
  public int contiguousLog2(int level) {
    return switch (this) {
      case KB4 -> 4;
      case KB16 -> level == LAST_LEVEL ? 7 : 5;
      case KB64 -> 5;
    };
  }

  /** Whether a leaf may stand at {@code level} when output addresses have {@code outputBits}. */
  public boolean hasLeaf(int level, int outputBits) {
    return switch (this) {
      case KB4 -> level >= 1;
      case KB16 -> level >= 2;
      case KB64 -> level >= 2 || (level == 1 && outputBits == 52);
    };
  }

  @Override
  public String toString() {
    return (1 << (shift - 10)) + " KiB";
  }
}
