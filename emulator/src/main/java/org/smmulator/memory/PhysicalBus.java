package org.smmulator.memory;

import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * Where physical accesses of the SMMU and of devices arrive: RAM, and the GICv2m frame, in which a
 * 32-bit write of an interrupt number to SETSPI_NS is a message-signalled interrupt. Whatever lies
 * elsewhere aborts.
 */
public final class PhysicalBus implements PhysicalMemory {
  private static final long MSI_TYPER = MemoryMap.MSI_FRAME + 0x8;

  private final SparseMemory ram;
  private final IntConsumer msi;

  /**
   * @param msi given the interrupt number of each MSI, on the thread that writes
   */
  public PhysicalBus(SparseMemory ram, IntConsumer msi) {
    this.ram = ram;
    this.msi = msi;
  }

  @Override
  public long load64(long pa) throws BusAbort {
    return ram.load64(pa);
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    ram.store64(pa, value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    return ram.compareAndSet64(pa, expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    return ram.getAndSet64(pa, value);
  }

  @Override
  public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    read(pa, ByteBuffer.wrap(target), offset, length);
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    write(pa, ByteBuffer.wrap(source), offset, length);
  }

  @Override
  public void store32(long pa, int value) throws BusAbort {
    if (isInMsiFrame(pa, Integer.BYTES)) {
      if (pa == MemoryMap.MSI_SETSPI) {
        raise(value);
      }
    } else {
      ram.store32(pa, value);
    }
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    ram.fill(pa, length, value);
  }

  /** Copies from the bus to {@code target} from {@code index} on; its position stays. */
  public void read(long pa, ByteBuffer target, int index, int length) throws BusAbort {
    if (isInMsiFrame(pa, length)) {
      int value =
          pa == MSI_TYPER && length == 4
              ? MemoryMap.MSI_FIRST_INTID << 16 | MemoryMap.MSI_INTIDS
              : 0;
      for (int i = 0; i < length; i++) {
        target.put(index + i, (byte) (i < 4 ? value >>> (i * 8) : 0));
      }
    } else {
      ram.read(pa, target, index, length);
    }
  }

  /**
   * Copies to the bus from {@code index} of {@code source} on, in ascending aligned 8-byte
   * granules; its position stays.
   */
  public void write(long pa, ByteBuffer source, int index, int length) throws BusAbort {
    if (isInMsiFrame(pa, length)) {
      if (pa == MemoryMap.MSI_SETSPI && length == 4) {
        raise(
            (source.get(index) & 0xff)
                | (source.get(index + 1) & 0xff) << 8
                | (source.get(index + 2) & 0xff) << 16
                | source.get(index + 3) << 24);
      }
    } else {
      ram.write(pa, source, index, length);
    }
  }

  private void raise(int intid) {
    int number = intid - MemoryMap.MSI_FIRST_INTID;
    if (number >= 0 && number < MemoryMap.MSI_INTIDS) {
      msi.accept(intid);
    }
  }

  private static boolean isInMsiFrame(long pa, int length) {
    long offset = pa - MemoryMap.MSI_FRAME;
    return offset >= 0 && length >= 0 && offset <= MemoryMap.MSI_FRAME_BYTES - length;
  }
}
