package org.smmulator.device.model.testdev;

import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceType;
import org.smmulator.device.ModelSettings;

/** {@code model: iommu-testdev}. */
public final class IommuTestType implements DeviceType {
  @Override
  public String name() {
    return "iommu-testdev";
  }

  @Override
  public String help() {
    return "QEMU's test device: writes through the IOMMU, reads back past it, and compares.";
  }

  @Override
  public DeviceModel create(ModelSettings settings) {
    return new IommuTestDevice(settings.systemMemory());
  }

  @Override
  public boolean hasAtc() {
    return false;
  }

  @Override
  public boolean needsSystemMemory() {
    return true;
  }

  @Override
  public boolean isStepped() {
    return true;
  }
}
