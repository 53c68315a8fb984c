package org.smmulator.guest.pci;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** One function's configuration space as hardware: 4 KiB with a write mask for every byte. */
public final class FakeFunction {
  private final ByteBuffer bytes = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
  private final byte[] writable = new byte[4096];

  public FakeFunction(int vendor, int device) {
    bytes.putShort(0x00, (short) vendor).putShort(0x02, (short) device);
    mask(0x04, 2, 0x0406);
  }

  /** As the bundled DMA engine with ATS, PRI and PASID. */
  public static FakeFunction dmaEngine() {
    return new FakeFunction(0x534d, 0x0001)
        .bar64(0, 0x10000)
        .msix(4, 0x8000)
        .extended(0x100, 0x0f, 0x140, 0x0000_0005)
        .extended(0x140, 0x13, 0x180, 0, 64, 0)
        .extended(0x180, 0x1b, 0, 0x0000_1000)
        .mask(0x106, 2, 0x801f)
        .mask(0x144, 2, 0x3)
        .mask(0x14c, 4, -1)
        .mask(0x186, 2, 0xf);
  }

  /** A 64-bit BAR of a power-of-two size. */
  public FakeFunction bar64(int bar, long size) {
    int register = 0x10 + 4 * bar;
    bytes.putInt(register, 0x4);
    mask(register, 4, (int) -size);
    mask(register + 4, 4, (int) (-size >>> 32));
    return this;
  }

  public FakeFunction bar32(int bar, int size) {
    mask(0x10 + 4 * bar, 4, -size);
    return this;
  }

  /** A capability list with one MSI-X capability at 0x40. */
  public FakeFunction msix(int vectors, int tableOffset) {
    bytes.putShort(0x06, (short) 0x10).put(0x34, (byte) 0x40);
    bytes.putShort(0x40, (short) 0x0011).putShort(0x42, (short) (vectors - 1));
    bytes.putInt(0x44, tableOffset);
    mask(0x42, 2, 0xc000);
    return this;
  }

  /** A capability list with one PCI Express capability. */
  public FakeFunction express(int offset, int deviceCapabilities) {
    bytes.putShort(0x06, (short) 0x10).put(0x34, (byte) offset);
    bytes.putInt(offset, 0x0002_0010).putInt(offset + 4, deviceCapabilities);
    return this;
  }

  public FakeFunction extended(int offset, int id, int next, int... dwords) {
    bytes.putInt(offset, id | 1 << 16 | next << 20);
    for (int i = 0; i < dwords.length; i++) {
      bytes.putInt(offset + 4 + 4 * i, dwords[i]);
    }
    return this;
  }

  public FakeFunction mask(int offset, int size, int mask) {
    for (int i = 0; i < size; i++) {
      writable[offset + i] = (byte) (mask >>> (8 * i));
    }
    return this;
  }

  long read(int offset, int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | (bytes.get(offset + i) & 0xff);
    }
    return value;
  }

  public void write(int offset, int size, long value) {
    for (int i = 0; i < size; i++) {
      int mask = writable[offset + i];
      int old = bytes.get(offset + i);
      bytes.put(offset + i, (byte) ((old & ~mask) | ((int) (value >>> (8 * i)) & mask)));
    }
  }
}
