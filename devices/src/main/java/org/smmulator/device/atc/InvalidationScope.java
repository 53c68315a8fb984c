package org.smmulator.device.atc;

/**
 * What one Invalidate Request reaches (Base Specification 10.3.8): without a PASID prefix the
 * translations without PASID in the range and every PASID's at all addresses; with a prefix those
 * of that PASID in the range, or with the Global bit those of all PASIDs in the range.
 *
 * @param pasid PASID of the prefix, or {@link AddressTranslationCache#NO_PASID}
 * @param global the Global Invalidate bit; means nothing without a prefix
 * @param base any address inside the range
 * @param sizeLog2 log2 of the range's bytes, 12 to 64; the range is aligned to its size
 */
public record InvalidationScope(int pasid, boolean global, long base, int sizeLog2) {
  /** The scope that reaches every translation. */
  public static final InvalidationScope EVERYTHING =
      new InvalidationScope(AddressTranslationCache.NO_PASID, false, 0, Long.SIZE);

  public InvalidationScope {
    if (sizeLog2 < 12 || sizeLog2 > Long.SIZE) {
      throw new IllegalArgumentException(
          "range of 2^" + sizeLog2 + " bytes: 2^12 to 2^64 is right");
    }
  }

  /** Whether it reaches translations of its own PASID alone. */
  boolean isOfOnePasid() {
    return pasid != AddressTranslationCache.NO_PASID && !global;
  }

  /** Number of the first page of the aligned {@code 2^rangeLog2} bytes, 2^63 at most, around it. */
  long firstPageOf(int rangeLog2) {
    return base >>> rangeLog2 << (rangeLog2 - 12);
  }

  /** Whether a translation of {@code 2^size} bytes around an address is reached, even in part. */
  public boolean reaches(int translationPasid, long address, int translationSizeLog2) {
    boolean inRange = intersect(base, sizeLog2, address, translationSizeLog2);
    if (pasid == AddressTranslationCache.NO_PASID) {
      return inRange || translationPasid != AddressTranslationCache.NO_PASID;
    }
    if (global) {
      return inRange && translationPasid != AddressTranslationCache.NO_PASID;
    }
    return inRange && translationPasid == pasid;
  }

  /** Two naturally aligned ranges intersect exactly if the larger one holds the other. */
  private static boolean intersect(long a, int aLog2, long b, int bLog2) {
    int larger = Math.max(aLog2, bLog2);
    return larger >= Long.SIZE || ((a ^ b) >>> larger) == 0;
  }
}
