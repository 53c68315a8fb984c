package org.smmulator.cli;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.Exposure;
import org.smmulator.launch.DeviceProgram;

/** {@code smmulator attach} with the options that a machine file describes. */
public final class AttachProgram implements DeviceProgram {
  @Override
  public List<String> commandLine(DeviceConfig config, String bus) {
    List<String> line = new ArrayList<>();
    line.addAll(List.of(SmmulatorCommand.class.getName(), "attach", config.model().name()));
    line.addAll(List.of("--bus", bus, "--name", config.label()));
    line.addAll(List.of("--id", config.id().toString(), "--atc", config.atc().toString()));
    config.model().options().forEach((name, value) -> line.addAll(option(name, value)));
    line.addAll(PluginOptions.forAnotherProcess());
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

  private static List<String> option(String name, Object value) {
    return List.of("--option", name + "=" + value);
  }
}
