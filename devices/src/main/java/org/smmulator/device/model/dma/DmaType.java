package org.smmulator.device.model.dma;

import java.util.List;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelSettings;

/** {@code model: dma}. */
public final class DmaType implements DeviceType {
  private static final String QUEUES = "queues";
  private static final String PRI = "pri";
  private static final int MOST_PAGE_REQUESTS = 256;

  @Override
  public String name() {
    return "dma";
  }

  @Override
  public String help() {
    return "An engine that copies, fills, compares and checks memory as rings of descriptors say.";
  }

  @Override
  public List<ModelOption> options() {
    return List.of(
        new ModelOption.Whole(
            QUEUES,
            "Queues; each process that is bound to the device needs one.",
            "queues",
            2,
            1,
            DmaDevice.MOST_QUEUES),
        new ModelOption.Whole(
            PRI,
            "Page requests that may be outstanding; 0 for a device without PRI.",
            "page requests",
            32,
            0,
            MOST_PAGE_REQUESTS));
  }

  @Override
  public DeviceModel create(ModelSettings settings) {
    return new DmaDevice(settings.integer(QUEUES), settings.integer(PRI), settings.workNanos());
  }
}
