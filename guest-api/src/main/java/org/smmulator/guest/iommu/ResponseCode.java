package org.smmulator.guest.iommu;

/** Answer to a page request group; neither the code of a command nor that of the bus. */
public enum ResponseCode {
  /** Handled; the device may ask for the translation again. */
  SUCCESS,

  /** The address or the permission is bad; this transfer fails. */
  INVALID,

  /** Page requests do not work for this device; it stops sending them. */
  FAILURE
}
