package org.smmulator.bus.pcie;

/** The PCI Express capability (Base Specification 7.5.3); offsets from its beginning. */
public final class ExpressCapability {
  public static final int ID = 0x10;
  public static final int DEVICE_CAPABILITIES = 0x04;

  /** Device Control in [15:0], Device Status in [31:16]. */
  public static final int DEVICE_CONTROL = 0x08;

  public static final int LINK_CAPABILITIES = 0x0C;
  public static final int LINK_CONTROL = 0x10;
  public static final int DEVICE_CAPABILITIES_2 = 0x24;
  public static final int DEVICE_CONTROL_2 = 0x28;

  // Bits of DEVICE_CAPABILITIES.
  public static final int ROLE_BASED_ERRORS = 1 << 15;
  public static final int FUNCTION_RESET_CAPABLE = 1 << 28;

  // Bits of DEVICE_CONTROL.
  /** Max_Payload_Size. */
  public static final int PAYLOAD_SIZE = 7 << 5;

  public static final int INITIATE_FUNCTION_RESET = 1 << 15;

  /** DEVICE_CONTROL: all that software may write and read back. */
  public static final int DEVICE_CONTROL_WRITABLE = 0x79FF;

  // Bits of DEVICE_CAPABILITIES_2.
  public static final int END_TO_END_PREFIXES = 1 << 21;
  public static final int ONE_PREFIX = 1 << 22;

  // Bits of DEVICE_CONTROL_2.
  public static final int ATOMIC_REQUESTER_ENABLE = 1 << 6;

  /** Code of 4096 bytes, the largest payload and read request. */
  public static final int LARGEST_SIZE_CODE = 5;

  private static final int SMALLEST_BYTES = 128;

  private ExpressCapability() {}

  /** Capability Version, in the capability's header. */
  public static int version(int header) {
    return (header >>> 16) & 0xF;
  }

  /** A capability's header: version 2, with the offset of the next capability. */
  public static int header(int next) {
    return 2 << 16 | next << 8 | ID;
  }

  /** Max_Payload_Size of DEVICE_CONTROL in bytes, reserved codes as the largest. */
  public static int maxPayloadBytes(int deviceControl) {
    return bytes((deviceControl >>> 5) & 7);
  }

  /** Max_Read_Request_Size of DEVICE_CONTROL in bytes, reserved codes as the largest. */
  public static int maxReadRequestBytes(int deviceControl) {
    return bytes((deviceControl >>> 12) & 7);
  }

  /** DEVICE_CONTROL with these sizes, in bytes. */
  public static int deviceControl(int maxPayloadBytes, int maxReadRequestBytes) {
    return sizeCode(maxReadRequestBytes) << 12 | sizeCode(maxPayloadBytes) << 5;
  }

  private static int bytes(int code) {
    return SMALLEST_BYTES << Math.min(code, LARGEST_SIZE_CODE);
  }

  private static int sizeCode(int bytes) {
    if (Integer.bitCount(bytes) != 1 || bytes < SMALLEST_BYTES || bytes > 4096) {
      throw new IllegalArgumentException("size " + bytes + ": 128, 256 ... 4096 is right");
    }
    return Integer.numberOfTrailingZeros(bytes) - 7;
  }
}
