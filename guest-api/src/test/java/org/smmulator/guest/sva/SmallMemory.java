package org.smmulator.guest.sva;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** A little RAM for tests under the deterministic execution, where plain accesses are enough. */
final class SmallMemory implements PhysicalMemory {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Told of each write by a CPU, which is one that is not a descriptor's. */
  LongConsumer written = pa -> {};

  private final long base;
  private final byte[] bytes;

  SmallMemory(long base, int bytes) {
    this.base = base;
    this.bytes = new byte[bytes];
  }

  private int index(long pa, long length) throws BusAbort {
    if (pa < base || pa - base + length > bytes.length) {
      throw BusAbort.INSTANCE;
    }
    return (int) (pa - base);
  }

  @Override
  public long load64(long pa) throws BusAbort {
    return (long) LONG.get(bytes, index(pa, 8));
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    LONG.set(bytes, index(pa, 8), value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    if (load64(pa) != expected) {
      return false;
    }
    store64(pa, value);
    return true;
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    long old = load64(pa);
    store64(pa, value);
    return old;
  }

  @Override
  public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    System.arraycopy(bytes, index(pa, length), target, offset, length);
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    System.arraycopy(source, offset, bytes, index(pa, length), length);
    written.accept(pa);
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    int from = index(pa, length);
    Arrays.fill(bytes, from, from + (int) length, value);
  }
}
