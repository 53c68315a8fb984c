package org.smmulator.guest.pci;

import org.smmulator.arch.port.MemoryMap;

/** A function's MSI-X table (PCIe base specification 6.1.4, 7.7.2): 16 bytes a vector in a BAR. */
public final class MsixTable {
  private static final int MSIX_ID = 0x11;
  private static final int CONTROL = 2;
  private static final int TABLE = 4;
  private static final int ENABLE = 1 << 15;
  private static final int ENTRY_BYTES = 16;

  private final PciDevice device;
  private final int capability;
  private final int vectors;
  private final int bar;
  private final long tableOffset;

  MsixTable(PciDevice device) {
    this.device = device;
    ConfigSpace config = device.config();
    this.capability = config.findCapability(MSIX_ID);
    this.vectors = capability == 0 ? 0 : (config.read16(capability + CONTROL) & 0x7ff) + 1;
    int table = capability == 0 ? 0 : config.read32(capability + TABLE);
    this.bar = table & 7;
    this.tableOffset = Integer.toUnsignedLong(table & ~7);
  }

  public int vectors() {
    return vectors;
  }

  /**
   * Lets a vector raise an interrupt.
   *
   * @param doorbellIova where the device's default domain maps {@link MemoryMap#MSI_SETSPI}
   * @param intid the interrupt number
   */
  public void set(int vector, long doorbellIova, int intid) {
    if (vector < 0 || vector >= vectors) {
      throw new IllegalArgumentException("vector " + vector + " of " + vectors);
    }
    long entry = tableOffset + (long) vector * ENTRY_BYTES;
    device.write32(bar, entry + 12, 1);
    device.write32(bar, entry, (int) doorbellIova);
    device.write32(bar, entry + 4, (int) (doorbellIova >>> 32));
    device.write32(bar, entry + 8, intid);
    device.write32(bar, entry + 12, 0);
  }

  public void enable() {
    device.config().write16(capability + CONTROL, ENABLE);
  }
}
