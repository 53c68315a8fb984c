package org.smmulator.vfio.served;

import org.smmulator.bus.pcie.ConfigHeader;

/**
 * The configuration space of the SMMU's function: a header with one BAR of 32 bits and nothing
 * else. What can be written is the BAR's address, and whether the function takes part in memory
 * space and may send interrupts.
 */
final class SmmuConfiguration {
  /** A vendor ID that nobody has, and a device ID of our own. */
  private static final int IDENTITY = 0x0002_534d;

  /** System peripheral, IOMMU. */
  private static final int CLASS = 0x0806_0000;

  private static final int COMMAND_BITS =
      ConfigHeader.MEMORY_SPACE | ConfigHeader.BUS_MASTER | ConfigHeader.INTERRUPT_DISABLE;

  private final int addressBits;
  private final byte[] bytes = new byte[ConfigHeader.BYTES];

  SmmuConfiguration(int barBytes) {
    addressBits = -barBytes;
    reset();
  }

  void reset() {
    put(ConfigHeader.IDENTITY, IDENTITY);
    put(ConfigHeader.COMMAND, 0);
    put(ConfigHeader.CLASS, CLASS);
    put(ConfigHeader.BAR0, 0);
    put(ConfigHeader.SUBSYSTEM, IDENTITY);
  }

  private void put(int register, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      bytes[register + i] = (byte) (value >>> (i * Byte.SIZE));
    }
  }

  byte[] read(int offset, int length) {
    byte[] data = new byte[length];
    System.arraycopy(bytes, offset, data, 0, length);
    return data;
  }

  void write(int offset, byte[] data) {
    for (int i = 0; i < data.length; i++) {
      int at = offset + i;
      int mask = (writable(at & ~3) >>> (at % Integer.BYTES * Byte.SIZE)) & 0xff;
      bytes[at] = (byte) ((bytes[at] & ~mask) | (data[i] & mask));
    }
  }

  private int writable(int register) {
    return switch (register) {
      case ConfigHeader.COMMAND -> COMMAND_BITS;
      case ConfigHeader.BAR0 -> addressBits;
      default -> 0;
    };
  }
}
