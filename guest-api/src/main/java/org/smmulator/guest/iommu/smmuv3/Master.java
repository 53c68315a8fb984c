package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.guest.iommu.IommuDevice;

/**
 * An attached device as the source of one stream. Its ATS state decides who must be told of an
 * invalidation; {@link Streams} alone changes it, under its lock.
 */
final class Master {
  /** What the device's ATC may be used for. */
  enum Ats {
    /** Nothing: the device does not use ATS, or is detached. */
    OFF,

    /** Invalidations must reach the device. */
    ON,

    /**
     * The device failed to answer: STE.EATS is 0 in memory, but the SMMU may still hold the old
     * STE. Whoever meets this state finishes the fence before it relies on it.
     */
    FENCING,

    /** Translated traffic is refused, so that nothing in the ATC matters any more. */
    FENCED
  }

  private final IommuDevice device;
  private final long ste;
  private volatile Ats ats = Ats.OFF;

  Master(IommuDevice device, long ste) {
    this.device = device;
    this.ste = ste;
  }

  IommuDevice device() {
    return device;
  }

  int streamId() {
    return device.streamId();
  }

  /** Physical address of the stream table entry. */
  long ste() {
    return ste;
  }

  Ats ats() {
    return ats;
  }

  void ats(Ats next) {
    ats = next;
  }

  boolean isGone() {
    return device.ats().isGone();
  }
}
