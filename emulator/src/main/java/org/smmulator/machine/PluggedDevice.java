package org.smmulator.machine;

import org.smmulator.config.DeviceConfig;

/** A device that the machine brought along. */
interface PluggedDevice extends AutoCloseable {
  DeviceConfig config();

  /** Whether it may still attach, or is attached. */
  boolean isAlive();

  /** Detaches it in good order. Waits. */
  @Override
  void close();
}
