package org.smmulator.pcie;

import org.smmulator.bus.pcie.ConfigHeader;

/** The host bridge at 00:00.0: a type 0 header with identity and class, and nothing to write. */
final class HostBridge {
  private static final int DEVICE_AND_VENDOR = 0x0008_1b36;
  private static final int CLASS_AND_REVISION = 0x0600_0000;

  private HostBridge() {}

  /** The 32-bit register at a byte offset that is a multiple of 4. */
  static int read(int register) {
    return switch (register) {
      case ConfigHeader.IDENTITY -> DEVICE_AND_VENDOR;
      case ConfigHeader.CLASS -> CLASS_AND_REVISION;
      default -> 0;
    };
  }
}
