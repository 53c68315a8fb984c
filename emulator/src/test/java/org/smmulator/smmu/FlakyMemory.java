package org.smmulator.smmu;

import java.util.HashSet;
import java.util.Set;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * Memory that aborts one chosen access, or all to chosen places; that may be changed by somebody
 * else just before a descriptor is updated; and that knows where nobody may write.
 */
final class FlakyMemory implements PhysicalMemory {
  private final PhysicalMemory memory;
  private long countdown = Long.MAX_VALUE;
  private long badPage = -1;
  private final Set<Long> badAddresses = new HashSet<>();

  /** Spares the boxing of every address, for tests of what the SMMU allocates. */
  private boolean anyBad;

  private boolean aborted;
  private long accesses;
  private Runnable beforeUpdate = () -> {};
  private long writableFrom = Long.MIN_VALUE;
  private long writableTo = Long.MAX_VALUE;

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

  /** Everything at exactly this address aborts. */
  void abortAt(long pa) {
    badAddresses.add(pa);
    anyBad = true;
  }

  void repair(long pa) {
    badAddresses.remove(pa);
    anyBad = !badAddresses.isEmpty();
  }

  void abortNothing() {
    countdown = Long.MAX_VALUE;
    badPage = -1;
    badAddresses.clear();
    anyBad = false;
  }

  /** Whether the access of {@link #abortNth} came. */
  boolean hasAborted() {
    return aborted;
  }

  /** What somebody does to memory just before the next update of a descriptor, once. */
  void beforeUpdate(Runnable action) {
    beforeUpdate = action;
  }

  /** From now on a write to any other memory fails the test. */
  void onlyWritable(long from, long to) {
    writableFrom = from;
    writableTo = to;
  }

  private void written(long pa) {
    boolean exists = pa >= BareGuest.RAM && pa < BareGuest.RAM + BareGuest.RAM_BYTES;
    if (exists && (pa < writableFrom || pa >= writableTo)) {
      throw new AssertionError("written: 0x" + Long.toHexString(pa));
    }
  }

  long accesses() {
    return accesses;
  }

  private void access(long pa) throws BusAbort {
    accesses++;
    boolean chosen = --countdown == 0;
    aborted |= chosen;
    if (chosen || pa >>> 12 == badPage || (anyBad && badAddresses.contains(pa))) {
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
    written(pa);
    memory.store64(pa, value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    Runnable before = beforeUpdate;
    beforeUpdate = () -> {};
    before.run();
    access(pa);
    written(pa);
    return memory.compareAndSet64(pa, expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    access(pa);
    written(pa);
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
    written(pa);
    memory.write(pa, source, offset, length);
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    access(pa);
    written(pa);
    memory.fill(pa, length, value);
  }
}
