package org.smmulator.bus.pcie;

/** The type 0 header, and where the capabilities begin (Base Specification 7.5.1, 7.6). */
public final class ConfigHeader {
  /** Device ID in [31:16], Vendor ID in [15:0]. */
  public static final int IDENTITY = 0x00;

  /** Command in [15:0], Status in [31:16]. */
  public static final int COMMAND = 0x04;

  /** Class Code in [31:8], Revision ID in [7:0]. */
  public static final int CLASS = 0x08;

  /** Cache Line Size, Latency Timer, Header Type and BIST. */
  public static final int HEADER_TYPE = 0x0C;

  public static final int BAR0 = 0x10;

  /** Base Address Registers; a 64-bit one takes two. */
  public static final int BARS = 6;

  /** Subsystem ID in [31:16], Subsystem Vendor ID in [15:0]. */
  public static final int SUBSYSTEM = 0x2C;

  /** Offset of the first capability, in [7:0]. */
  public static final int CAPABILITIES = 0x34;

  /** Interrupt Line in [7:0], Interrupt Pin in [15:8]. */
  public static final int INTERRUPT = 0x3C;

  /** Where the extended capabilities begin. */
  public static final int EXTENDED = 0x100;

  /** Bytes of a function's space. */
  public static final int BYTES = 4096;

  // Bits of COMMAND.
  public static final int IO_SPACE = 1;
  public static final int MEMORY_SPACE = 1 << 1;
  public static final int BUS_MASTER = 1 << 2;
  public static final int PARITY_ERROR_RESPONSE = 1 << 6;
  public static final int SERR_ENABLE = 1 << 8;
  public static final int INTERRUPT_DISABLE = 1 << 10;
  public static final int STATUS_INTERRUPT = 1 << 19;
  public static final int STATUS_CAPABILITIES = 1 << 20;

  /** The error bits of Status, which software clears by writing ones. */
  public static final int STATUS_ERRORS = 0xF900_0000;

  /** Type of a memory BAR, [2:0]: anywhere in 64 bits. */
  public static final int BAR_64_BIT = 0b100;

  /** BAR [0]: I/O space. */
  public static final int BAR_IO = 1;

  /** BAR [31:4]: the address of a memory BAR. */
  public static final int BAR_ADDRESS = ~0xF;

  private ConfigHeader() {}

  /** Identifier of the capability with this header. */
  public static int capabilityId(int header) {
    return header & 0xFF;
  }

  /** Where the first capability is, given what {@link #CAPABILITIES} holds; or 0. */
  public static int firstCapability(int pointer) {
    return pointer & 0xFC;
  }

  /** Where the next capability is, or 0. */
  public static int nextCapability(int header) {
    return (header >>> 8) & 0xFC;
  }

  /** Identifier of the extended capability with this header. */
  public static int extendedId(int header) {
    return header & 0xFFFF;
  }

  /** Where the next extended capability is, or 0. */
  public static int nextExtended(int header) {
    return (header >>> 20) & 0xFFC;
  }

  /** Header of an extended capability of version 1 that ends the list. */
  public static int extendedHeader(int id) {
    return 1 << 16 | id;
  }

  /** The header of an extended capability, followed by another one. */
  public static int withNextExtended(int header, int next) {
    return header | next << 20;
  }
}
