package org.smmulator.pcie.ledger;

/**
 * What an Invalidate Request covers. One without PASID is taken to drop what is in its range, of
 * every PASID and of none: that is what software may rely on.
 *
 * @param pasid negative without one
 * @param global with a PASID: of all PASIDs
 * @param first first byte of the range
 * @param last last byte of the range
 */
public record RevocationScope(int pasid, boolean global, long first, long last) {
  /** Everything a function was ever given. */
  public static final RevocationScope EVERYTHING = new RevocationScope(-1, false, 0, -1L);

  /** For people. */
  public String describe() {
    String of = pasid < 0 ? "" : global ? " of all PASIDs" : " of PASID " + pasid;
    return String.format("0x%x to 0x%x%s", first, last, of);
  }

  boolean coversPasid(int granted) {
    if (pasid < 0) {
      return true;
    }
    return global ? granted >= 0 : granted == pasid;
  }

  boolean coversPage(long va, int sizeLog2) {
    long page = va >>> sizeLog2;
    return page >= firstPage(sizeLog2) && page <= lastPage(sizeLog2);
  }

  long firstPage(int sizeLog2) {
    return first >>> sizeLog2;
  }

  long lastPage(int sizeLog2) {
    return last >>> sizeLog2;
  }
}
