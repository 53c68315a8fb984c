package org.example.nic;

import java.util.List;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelSettings;

/** {@code model: nic}. */
public final class NicType implements DeviceType {
  @Override
  public String name() {
    return "nic";
  }

  @Override
  public String help() {
    return "A network card whose cable ends in itself: what it sends it receives.";
  }

  @Override
  public List<ModelOption> options() {
    return List.of(
        new ModelOption.Whole(
            "pri", "Page requests that may be outstanding.", "page requests", 32, 1, 256),
        new ModelOption.Whole(
            "burst", "How much of a frame it reads or writes at a time.", "pages", 8, 1, 64));
  }

  @Override
  public DeviceModel create(ModelSettings settings) {
    return new NicDevice(settings.integer("pri"), settings.integer("burst"));
  }
}
