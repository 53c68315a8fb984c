package org.smmulator.config;

import java.util.ArrayList;
import java.util.List;

/** Where a machine does on purpose what the architecture forbids; {@code check} says so. */
public final class Departures {
  private Departures() {}

  /** A line for each, with the path of the key; none for most machines. */
  public static List<String> of(MachineConfig config) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < config.devices().size(); i++) {
      if (config.devices().get(i).stall()) {
        lines.add(
            Problems.element("devices", i)
                + ".stall: departs from the architecture: PCIe streams must not stall (IHI 0070"
                + " 3.12.2), and here later requests pass those that are stalled");
      }
    }
    return lines;
  }
}
