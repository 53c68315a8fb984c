package org.smmulator.smmu.oracle;

import static org.smmulator.smmu.oracle.Bits.alignDown;
import static org.smmulator.smmu.oracle.Bits.bit;
import static org.smmulator.smmu.oracle.Bits.bits;
import static org.smmulator.smmu.oracle.Bits.inPlace;

/** Geometry of VMSAv8-64 tables (sections 4.2 to 4.4), common to both stages. */
final class Vmsa {
  private Vmsa() {}

  /** Lowest input bit that a level resolves. */
  static int shift(int granule, int level) {
    return granule + (3 - level) * (granule - 3);
  }

  static int stage1StartLevel(int granule, int inputBits) {
    int stride = granule - 3;
    return 4 - (inputBits - granule + stride - 1) / stride;
  }

  /** Start level that S2SL0 selects, or -1 where it selects none. */
  static int stage2StartLevel(int granule, int sl0, boolean smallTables) {
    if (granule == 12) {
      return sl0 == 3 ? (smallTables ? 3 : -1) : 2 - sl0;
    }
    return 3 - sl0 > 0 ? 3 - sl0 : -1;
  }

  /** A table of 2^width descriptors; with outputs of 52 bits it is aligned to 64 bytes at least. */
  static long tableBase(long address, int width, int outputBits) {
    return alignDown(address, Math.max(3 + width, outputBits == 52 ? 6 : 0));
  }

  static boolean isValid(long descriptor, int granule, int level, int oas) {
    if (!bit(descriptor, 0)) {
      return false;
    }
    return bit(descriptor, 1) || (level < 3 && blocksAt(granule, level, oas));
  }

  static boolean isTable(long descriptor, int level) {
    return level < 3 && bit(descriptor, 1);
  }

  private static boolean blocksAt(int granule, int level, int oas) {
    return switch (granule) {
      case 12 -> level == 1 || level == 2;
      case 14 -> level == 2;
      default -> level == 2 || (level == 1 && oas == 52);
    };
  }

  /** Next table or output address of a valid descriptor. */
  static long output(long descriptor, int granule, int level, int oas) {
    int low = isTable(descriptor, level) ? granule : shift(granule, level);
    long address = inPlace(descriptor, 47, low);
    return granule == 16 && oas == 52 ? address | (bits(descriptor, 15, 12) << 48) : address;
  }
}
