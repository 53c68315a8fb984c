package org.smmulator.memory;

import java.util.function.IntConsumer;
import org.smmulator.arch.port.MemoryMap;

/**
 * The GICv2m frame: a 32-bit write of an interrupt number to SETSPI_NS is a message-signalled
 * interrupt.
 */
final class MsiFrame implements Target.Now {
  private static final long TYPER = 0x8;
  private static final long SETSPI = MemoryMap.MSI_SETSPI - MemoryMap.MSI_FRAME;

  private final IntConsumer msi;

  MsiFrame(IntConsumer msi) {
    this.msi = msi;
  }

  static Region region(IntConsumer msi) {
    return new Region(
        "the MSI frame",
        MemoryMap.MSI_FRAME,
        MemoryMap.MSI_FRAME_BYTES,
        Integer.BYTES,
        Region.Reach.EVERY_MASTER,
        true,
        new MsiFrame(msi));
  }

  @Override
  public long read(long offset, int bytes) {
    return offset == TYPER ? MemoryMap.MSI_FIRST_INTID << 16 | MemoryMap.MSI_INTIDS : 0;
  }

  @Override
  public void write(long offset, int bytes, long value) {
    int number = (int) value - MemoryMap.MSI_FIRST_INTID;
    if (offset == SETSPI && number >= 0 && number < MemoryMap.MSI_INTIDS) {
      msi.accept((int) value);
    }
  }
}
