package org.smmulator.guest.iommu;

import org.jspecify.annotations.Nullable;

/** One function behind an IOMMU, known to it by its stream ID. Identity is equality. */
public final class IommuDevice {
  private final int streamId;
  private final String name;
  private final DeviceAts ats;
  private volatile @Nullable IommuDomain domain;

  public IommuDevice(int streamId, String name, DeviceAts ats) {
    this.streamId = streamId;
    this.name = name;
    this.ats = ats;
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
