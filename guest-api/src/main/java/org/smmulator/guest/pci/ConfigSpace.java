package org.smmulator.guest.pci;

import org.smmulator.arch.port.Mmio;
import org.smmulator.arch.port.PciAddress;

/**
 * The configuration space of one function, through ECAM (PCIe base specification 7.2.2). A function
 * that is gone reads as all ones.
 */
public final class ConfigSpace {
  static final int VENDOR_ID = 0x00;
  static final int DEVICE_ID = 0x02;
  static final int COMMAND = 0x04;
  static final int STATUS = 0x06;
  static final int BASE_CLASS = 0x0b;
  static final int HEADER_TYPE = 0x0e;
  static final int BAR0 = 0x10;
  static final int CAPABILITIES = 0x34;
  static final int FIRST_EXTENDED = 0x100;

  static final int COMMAND_MEMORY = 1 << 1;
  static final int COMMAND_BUS_MASTER = 1 << 2;
  static final int COMMAND_INTX_DISABLE = 1 << 10;

  static final int CLASS_BRIDGE = 0x06;

  static final int BAR_TYPE = 0x6;
  static final int BAR_TYPE_64 = 0x4;

  private static final int STATUS_CAPABILITIES = 1 << 4;
  private static final int MOST_CAPABILITIES = 48;
  private static final int MOST_EXTENDED = 256;

  private final Mmio ecam;
  private final PciAddress address;

  /** Of the function's 4 KiB in the ECAM window. */
  private final long base;

  ConfigSpace(Mmio ecam, PciAddress address) {
    this.ecam = ecam;
    this.address = address;
    this.base = (long) address.requesterId() << 12;
  }

  PciAddress address() {
    return address;
  }

  int read8(int offset) {
    return (int) ecam.read(base + offset, 1) & 0xff;
  }

  int read16(int offset) {
    return (int) ecam.read(base + offset, 2) & 0xffff;
  }

  int read32(int offset) {
    return ecam.read32(base + offset);
  }

  void write16(int offset, int value) {
    ecam.write(base + offset, 2, value & 0xffff);
  }

  void write32(int offset, int value) {
    ecam.write32(base + offset, value);
  }

  /** Gives a BAR its address; the upper half too, if the BAR has one. */
  void writeBar(int bar, long address) {
    int register = BAR0 + 4 * bar;
    boolean wide = (read32(register) & BAR_TYPE) == BAR_TYPE_64;
    write32(register, (int) address);
    if (wide) {
      write32(register + 4, (int) (address >>> 32));
    }
  }

  boolean isAbsent() {
    return read16(VENDOR_ID) == 0xffff;
  }

  /** Offset of a capability, or 0. A list that runs in a circle ends after 48 entries. */
  int findCapability(int id) {
    if ((read16(STATUS) & STATUS_CAPABILITIES) == 0) {
      return 0;
    }
    int offset = read8(CAPABILITIES) & ~3;
    for (int i = 0; i < MOST_CAPABILITIES && offset >= 0x40 && offset != 0xfc; i++) {
      if (read8(offset) == id) {
        return offset;
      }
      offset = read8(offset + 1) & ~3;
    }
    return 0;
  }

  /** Offset of an extended capability, or 0. */
  int findExtendedCapability(int id) {
    int offset = FIRST_EXTENDED;
    for (int i = 0; i < MOST_EXTENDED && offset >= FIRST_EXTENDED; i++) {
      int header = read32(offset);
      if (header == 0 || header == -1) {
        return 0;
      }
      if ((header & 0xffff) == id) {
        return offset;
      }
      offset = header >>> 20 & ~3;
    }
    return 0;
  }
}
