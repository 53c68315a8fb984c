package org.smmulator.guest.mm;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongConsumer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** RAM as an array of 64-bit words. */
final class ArrayMemory implements PhysicalMemory {
  /** Told of each access by a CPU that is not to a descriptor, before it reaches memory. */
  LongConsumer accessed = pa -> {};

  private final long base;
  private final AtomicLongArray words;

  ArrayMemory(long base, int bytes) {
    this.base = base;
    this.words = new AtomicLongArray(bytes / 8);
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
  public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    check(pa, length);
    accessed.accept(pa);
    for (int i = 0; i < length; i++) {
      long at = pa + i;
      target[offset + i] = (byte) (words.get(index(at & -8)) >>> (8 * (at & 7)));
    }
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    check(pa, length);
    accessed.accept(pa);
    for (int i = 0; i < length; i++) {
      put(pa + i, source[offset + i]);
    }
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    check(pa, length);
    for (long at = pa; at < pa + length; at++) {
      put(at, value);
    }
  }

  private void put(long at, byte value) throws BusAbort {
    int shift = (int) (8 * (at & 7));
    words.updateAndGet(
        index(at & -8), word -> (word & ~(0xffL << shift)) | ((value & 0xffL) << shift));
  }

  private void check(long pa, long length) throws BusAbort {
    if (length > 0) {
      index(pa & -8);
      index((pa + length - 1) & -8);
    }
  }

  private int index(long pa) throws BusAbort {
    long index = (pa - base) / 8;
    if (pa < base || index >= words.length() || (pa & 7) != 0) {
      throw BusAbort.INSTANCE;
    }
    return (int) index;
  }
}
