package org.smmulator.guest.iommu;

/**
 * Bugs that can be planted in how the kernel shares address spaces with devices, to see checks find
 * them that know nothing of them. Each is one that Linux had, or came close to having.
 */
public enum SvaBug {
  /** The ATC is invalidated before the TLB: a device can fetch the old translation again. */
  ATC_INV_BEFORE_TLBI,
  /** The death of a process takes the CD away, and leaves in ATCs what they have. */
  EXIT_KEEPS_ATC,
  /** An unbind takes the CD away, and leaves in the ATC what it has. */
  UNBIND_KEEPS_ATC,
  /** Invalidations of ranges end one page too early. */
  RANGE_TOO_SHORT,
  /** A PASID is free as soon as its process is dead, though its device did not say it stopped. */
  PASID_FREED_EARLY,
  /** What a notifier's callback may still be in is freed without waiting for it. */
  NO_GRACE_PERIOD
}
