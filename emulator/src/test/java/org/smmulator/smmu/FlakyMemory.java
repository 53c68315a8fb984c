package org.smmulator.smmu;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** Memory that aborts one chosen access, or all to one chosen page. */
final class FlakyMemory implements PhysicalMemory {
  private final PhysicalMemory memory;
  private long countdown = Long.MAX_VALUE;
  private long badPage = -1;
  private long accesses;

  FlakyMemory(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** The n-th access from now on aborts (1 is the next), and no other. */
  void abortNth(long n) {
    countdown = n;
  }

  /** Everything in the 4 KiB page of an address aborts. */
  void abortPageOf(long pa) {
    badPage = pa >>> 12;
  }

  void abortNothing() {
    countdown = Long.MAX_VALUE;
    badPage = -1;
  }

  long accesses() {
    return accesses;
  }

  private void access(long pa) throws BusAbort {
    accesses++;
    if (--countdown == 0 || pa >>> 12 == badPage) {
      throw BusAbort.INSTANCE;
    }
  }

  @Override
  public long load64(long pa) throws BusAbort {
    access(pa);
    return memory.load64(pa);
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    access(pa);
    memory.store64(pa, value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    access(pa);
    return memory.compareAndSet64(pa, expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    access(pa);
    return memory.getAndSet64(pa, value);
  }

  @Override
  public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    access(pa);
    memory.read(pa, target, offset, length);
  }

  @Override
  public void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    access(pa);
    memory.write(pa, source, offset, length);
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    access(pa);
    memory.fill(pa, length, value);
  }
}
