package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.Exposure;
import org.smmulator.launch.DeviceProgram;

/** {@code smmulator attach dma} with the options that a machine file describes. */
public final class AttachProgram implements DeviceProgram {
  @Override
  public List<String> commandLine(DeviceConfig config, String bus) {
    List<String> line = new ArrayList<>();
    line.addAll(List.of(Smmulator.class.getName(), "attach", "dma", "--bus", bus));
    line.addAll(List.of("--id", config.id().toString(), "--atc", config.atc().toString()));
    line.addAll(List.of("--queues", Integer.toString(config.queues())));
    line.addAll(List.of("--pri", Integer.toString(config.pri()), "--name", config.label()));
    if (Exposure.isExposed(BusAddress.parse(bus))) {
      line.add("--exposed"); // as the machine's file says
    }
    if (config.stall()) {
      line.add("--stall");
    }
    if (config.record() != null) {
      line.addAll(List.of("--record", config.record()));
    }
    if (config.sabotage() != null) {
      line.addAll(List.of("--sabotage", "keep-invalidated"));
    }
    return line;
  }
}
