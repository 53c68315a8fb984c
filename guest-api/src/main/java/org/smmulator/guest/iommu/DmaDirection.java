package org.smmulator.guest.iommu;

/** Which way data flows through a mapping, seen from memory. */
public enum DmaDirection {
  /** The device only reads. */
  TO_DEVICE,

  /** The device only writes; the mapping is readable too, as the architecture knows no other. */
  FROM_DEVICE,

  BIDIRECTIONAL;

  public boolean deviceWrites() {
    return this != TO_DEVICE;
  }
}
