package org.smmulator.guest.iommu;

/**
 * One set of page tables for accesses without PASID, and one PASID table: the unit of isolation.
 * Addresses handed out are never reused while a device may still hold a translation of them.
 */
public interface IommuDomain {
  /**
   * Maps physically contiguous memory for the domain's devices.
   *
   * @param pa first byte, aligned to 4 KiB
   * @param bytes length, rounded up to 4 KiB
   * @return the address that devices use
   * @throws IommuException ENOSPC when the domain's address space is used up, ENOMEM without a
   *     frame for a table, EINVAL for an unaligned or empty range
   */
  long map(long pa, long bytes, DmaDirection direction) throws IommuException;

  /**
   * Removes a whole mapping made by {@link #map}; on return no access of any device reaches it.
   *
   * @param bytes length given to {@link #map}
   */
  void unmap(long iova, long bytes);

  /** The address under which devices write the MSI doorbell register; mapped on first use. */
  long mapMsiDoorbell() throws IommuException;
}
