package org.smmulator.bus.pcie;

/**
 * The MSI capability with a 64-bit address, one message and no masks (Base Specification 7.7.1);
 * offsets from its beginning.
 */
public final class MsiCapability {
  public static final int ID = 0x05;

  /** Message Control in [31:16], with the capability's header. */
  public static final int CONTROL = 0x00;

  public static final int ADDRESS = 0x04;
  public static final int UPPER_ADDRESS = 0x08;
  public static final int DATA = 0x0C;

  // Bits of CONTROL.
  public static final int ENABLE = 1 << 16;
  public static final int ADDRESS_64_BIT = 1 << 23;

  private MsiCapability() {}
}
