package org.smmulator.guest.iommu;

/**
 * What an IOMMU driver needs of a device's configuration space: its PASID, ATS and PRI
 * capabilities. Every method but {@link #isGone} may sleep.
 */
public interface DeviceAts {
  /** Width of the PASIDs that the device can send; 0 for none. */
  int pasidBits();

  boolean hasAts();

  /** How many invalidate requests the device accepts at once, 1 to 32. */
  int invalidateQueueDepth();

  boolean hasPri();

  /** Most page requests that the device may have outstanding. */
  int priCapacity();

  void enablePasid();

  void disablePasid();

  /**
   * Enables ATS.
   *
   * @param stu smallest translation unit: log2 of its 4 KiB pages
   */
  void enableAts(int stu);

  void disableAts();

  /** Resets the page request interface and enables it with an allocation of requests. */
  void enablePri(int outstandingRequests);

  void disablePri();

  /** Whether the device was unplugged: its configuration space must not be touched any more. */
  boolean isGone();
}
