package org.smmulator.guest.iommu;

import org.jspecify.annotations.Nullable;

/** One function behind an IOMMU, known to it by its stream ID. Identity is equality. */
public final class IommuDevice {
  private final int streamId;
  private final String name;
  private final DeviceAts ats;
  private final boolean canStall;
  private volatile @Nullable IommuDomain domain;

  /** A function of which no fault may stall anything, as PCIe demands. */
  public IommuDevice(int streamId, String name, DeviceAts ats) {
    this(streamId, name, ats, false);
  }

  /**
   * A function as firmware describes it.
   *
   * @param canStall whether the bus holds what a fault of the function has stalled: the property
   *     {@code dma-can-stall} of a device tree
   */
  public IommuDevice(int streamId, String name, DeviceAts ats, boolean canStall) {
    this.streamId = streamId;
    this.name = name;
    this.ats = ats;
    this.canStall = canStall;
  }

  public int streamId() {
    return streamId;
  }

  public String name() {
    return name;
  }

  public DeviceAts ats() {
    return ats;
  }

  /** Whether faults may stall what it sends. */
  public boolean canStall() {
    return canStall;
  }

  /** The domain it is attached to, or null. */
  public @Nullable IommuDomain domain() {
    return domain;
  }

  /** Called by the driver alone, from attach and detach. */
  public void setDomain(@Nullable IommuDomain domain) {
    this.domain = domain;
  }

  @Override
  public String toString() {
    return name;
  }
}
