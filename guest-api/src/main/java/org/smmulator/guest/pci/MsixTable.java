package org.smmulator.guest.pci;

/** A function's MSI-X table (PCIe base specification 6.1.4, 7.7.2): 16 bytes a vector in a BAR. */
public final class MsixTable implements MessageVectors {
  private static final int MSIX_ID = 0x11;
  private static final int CONTROL = 2;
  private static final int TABLE = 4;
  private static final int PENDING = 8;
  private static final int ENABLE = 1 << 15;
  private static final int ENTRY_BYTES = 16;

  private final PciDevice device;
  private final int capability;
  private final int vectors;
  private final int bar;
  private final long tableOffset;
  private final int pendingBar;
  private final long pendingOffset;

  MsixTable(PciDevice device) {
    this.device = device;
    ConfigSpace config = device.config();
    this.capability = config.findCapability(MSIX_ID);
    this.vectors = capability == 0 ? 0 : (config.read16(capability + CONTROL) & 0x7ff) + 1;
    int table = capability == 0 ? 0 : config.read32(capability + TABLE);
    this.bar = table & 7;
    this.tableOffset = Integer.toUnsignedLong(table & ~7);
    int pending = capability == 0 ? 0 : config.read32(capability + PENDING);
    this.pendingBar = pending & 7;
    this.pendingOffset = Integer.toUnsignedLong(pending & ~7);
  }

  @Override
  public int vectors() {
    return vectors;
  }

  /** Whether bytes of a BAR are, in part, those of the table or of the pending bits. */
  public boolean overlaps(int inBar, long offset, int bytes) {
    long tableEnd = tableOffset + (long) vectors * ENTRY_BYTES;
    long pendingEnd = pendingOffset + (vectors + 63L) / 64 * 8;
    return vectors > 0
        && ((inBar == bar && offset < tableEnd && offset + bytes > tableOffset)
            || (inBar == pendingBar && offset < pendingEnd && offset + bytes > pendingOffset));
  }

  @Override
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

  @Override
  public void enable() {
    device.config().write16(capability + CONTROL, ENABLE);
  }
}
