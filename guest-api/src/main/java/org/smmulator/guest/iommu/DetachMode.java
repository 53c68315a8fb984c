package org.smmulator.guest.iommu;

/** What becomes of a PASID's context descriptor when one device is detached from it. */
public enum DetachMode {
  /** It stays: other devices of the domain still use it. */
  KEEP_CD,

  /** It is cleared: access is a configuration error, on record. */
  CLEAR,

  /** It stays valid with walks disabled: access aborts without a record. */
  QUIET
}
