package org.smmulator.guest.iommu.smmuv3;

import java.util.concurrent.atomic.AtomicLongArray;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** RAM from 1 GiB on, as 64-bit words. */
public final class FakeRam implements PhysicalMemory {
  public static final long BASE = 0x4000_0000L;

  private final AtomicLongArray words;

  public FakeRam(int bytes) {
    words = new AtomicLongArray(bytes / 8);
  }

  long peek(long pa) {
    try {
      return load64(pa);
    } catch (BusAbort abort) {
      throw new AssertionError("no RAM at 0x" + Long.toHexString(pa), abort);
    }
  }

  public void poke(long pa, long value) {
    try {
      store64(pa, value);
    } catch (BusAbort abort) {
      throw new AssertionError("no RAM at 0x" + Long.toHexString(pa), abort);
    }
  }

  @Override
  public long load64(long pa) throws BusAbort {
    return words.getAcquire(index(pa));
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    words.setRelease(index(pa), value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    return words.compareAndSet(index(pa), expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    return words.getAndSet(index(pa), value);
  }

  @Override
  public void read(long pa, byte[] target, int offset, int length) {
    throw new UnsupportedOperationException("the driver reads words");
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) {
    throw new UnsupportedOperationException("the driver writes words");
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    long word = (value & 0xffL) * 0x0101_0101_0101_0101L;
    for (long at = pa; at < pa + length; at += 8) {
      store64(at, word);
    }
  }

  private int index(long pa) throws BusAbort {
    long index = (pa - BASE) / 8;
    if (pa < BASE || index >= words.length() || (pa & 7) != 0) {
      throw BusAbort.INSTANCE;
    }
    return (int) index;
  }
}
