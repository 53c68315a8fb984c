package org.smmulator.smmu.oracle;

import java.util.Arrays;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * The memory of one random machine: a region for structures and tables, and far from it one for
 * queues, so that no damaged pointer reads a queue as a table. Everything else aborts. What arrives
 * through the port of hardware is noted; what the machine's software pokes is not.
 */
final class Arena implements PhysicalMemory {
  static final long BASE = 0x4000_0000L;
  static final long BYTES = 48L << 20;
  static final long QUEUES = 0x7f80_0000L;
  static final long QUEUES_BYTES = 64L << 10;

  private final long[] tables = new long[(int) (BYTES >>> 3)];
  private final long[] queues = new long[(int) (QUEUES_BYTES >>> 3)];
  private final long[] writtenAt = new long[256];
  private final long[] writtenOver = new long[256];
  private final long[] writtenNow = new long[256];
  private int written;
  private long next = BASE;

  /** All zero and all free, as at first. */
  void reset() {
    Arrays.fill(tables, 0, (int) ((next - BASE) >>> 3), 0);
    Arrays.fill(queues, 0);
    next = BASE;
    written = 0;
  }

  /** Zeroed memory, or -1 where none is left. */
  long allocate(long bytes, int alignLog2) {
    long at = (next + Bits.ones(alignLog2)) & ~Bits.ones(alignLog2);
    if (at + bytes > BASE + BYTES) {
      return -1;
    }
    next = at + bytes;
    return at;
  }

  /** First byte that nothing was allocated at. */
  long end() {
    return next;
  }

  long peek(long pa) {
    try {
      return load64(pa);
    } catch (BusAbort abort) {
      throw new IllegalStateException("no memory at " + Long.toHexString(pa), abort);
    }
  }

  void poke(long pa, long value) {
    try {
      put(pa, value);
    } catch (BusAbort abort) {
      throw new IllegalStateException("no memory at " + Long.toHexString(pa), abort);
    }
  }

  /** How many words of tables hardware wrote since {@link #forgetWrites}. */
  int written() {
    return written;
  }

  long writtenNow(int index) {
    return writtenNow[index];
  }

  long writtenAt(int index) {
    return writtenAt[index];
  }

  void forgetWrites() {
    written = 0;
  }

  /** Memory as it was before hardware wrote. */
  void undoWrites() {
    for (int i = written - 1; i >= 0; i--) {
      poke(writtenAt[i], writtenOver[i]);
    }
  }

  void redoWrites() {
    for (int i = 0; i < written; i++) {
      poke(writtenAt[i], writtenNow[i]);
    }
  }

  @Override
  public long load64(long pa) throws BusAbort {
    long offset = pa - BASE;
    if (offset >= 0 && offset < BYTES) {
      return tables[(int) (offset >>> 3)];
    }
    long inQueues = pa - QUEUES;
    if (inQueues >= 0 && inQueues < QUEUES_BYTES) {
      return queues[(int) (inQueues >>> 3)];
    }
    throw BusAbort.INSTANCE;
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    if (pa < QUEUES) {
      writtenAt[written] = pa;
      writtenOver[written] = load64(pa);
      writtenNow[written] = value;
      written++;
    }
    put(pa, value);
  }

  private void put(long pa, long value) throws BusAbort {
    long offset = pa - BASE;
    long inQueues = pa - QUEUES;
    if (offset >= 0 && offset < BYTES) {
      tables[(int) (offset >>> 3)] = value;
    } else if (inQueues >= 0 && inQueues < QUEUES_BYTES) {
      queues[(int) (inQueues >>> 3)] = value;
    } else {
      throw BusAbort.INSTANCE;
    }
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
    for (int i = 0; i < length; i++) {
      long at = pa + i;
      target[offset + i] = (byte) (load64(at & ~7L) >>> ((at & 7) * 8));
    }
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    for (int i = 0; i < length; i++) {
      long at = pa + i;
      int shift = (int) (at & 7) * 8;
      long rest = load64(at & ~7L) & ~(0xffL << shift);
      store64(at & ~7L, rest | ((source[offset + i] & 0xffL) << shift));
    }
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    byte[] pattern = new byte[Math.toIntExact(length)];
    Arrays.fill(pattern, value);
    write(pa, pattern, 0, pattern.length);
  }
}
