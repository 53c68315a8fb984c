package org.smmulator.bus.pcie;

/** The MSI-X capability and its table (Base Specification 7.7.2); offsets from its beginning. */
public final class MsixCapability {
  public static final int ID = 0x11;

  /** Message Control in [31:16], with the capability's header. */
  public static final int CONTROL = 0x00;

  /** Table Offset in [31:3], its BAR in [2:0]. */
  public static final int TABLE = 0x04;

  /** PBA Offset in [31:3], its BAR in [2:0]. */
  public static final int PENDING = 0x08;

  // Bits of CONTROL.
  public static final int FUNCTION_MASK = 1 << 30;
  public static final int ENABLE = 1 << 31;

  /** Bytes of one entry of the table: address, upper address, data, control. */
  public static final int ENTRY_BYTES = 16;

  /** Vector Control of an entry. */
  public static final int MASKED = 1;

  private MsixCapability() {}

  /** Header and Message Control for a table of so many entries; the last capability. */
  public static int header(int vectors) {
    return (vectors - 1) << 16 | ID;
  }
}
