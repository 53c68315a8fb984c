package org.smmulator.launch;

import java.util.List;
import org.smmulator.config.DeviceConfig;

/**
 * The program that is a device in a JVM of its own; found as a service, so that the machine knows
 * no command line.
 */
public interface DeviceProgram {
  /**
   * What follows the JVM's own options.
   *
   * @param bus where the machine listens, as HOST:PORT or unix:PATH
   * @return main class and arguments
   */
  List<String> commandLine(DeviceConfig config, String bus);
}
