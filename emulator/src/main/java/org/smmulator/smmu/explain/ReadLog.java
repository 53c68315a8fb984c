package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/** All reads of one translation in their order, with what they were for. */
final class ReadLog {
  /** What a read was for. */
  enum Purpose {
    STREAM,
    CONTEXT,
    STAGE1,
    STAGE2
  }

  /**
   * One read of 8 bytes, or the update of a descriptor.
   *
   * @param value what was read, or what an update would store; 0 of a read that aborted
   */
  record Read(Purpose purpose, long address, long value, boolean aborted, boolean update) {}

  private final List<Read> reads = new ArrayList<>();

  List<Read> reads() {
    return reads;
  }

  /** Forgets all but the first {@code count} reads. */
  void truncate(int count) {
    reads.subList(count, reads.size()).clear();
  }

  /** The value of the last read for a purpose, or 0. */
  long last(Purpose purpose) {
    for (int i = reads.size() - 1; i >= 0; i--) {
      Read read = reads.get(i);
      if (read.purpose() == purpose && !read.update()) {
        return read.value();
      }
    }
    return 0;
  }

  /**
   * Memory as reads for one purpose see it.
   *
   * @param updates whether updates of descriptors reach the memory; they seem to in any case
   */
  PhysicalMemory view(Purpose purpose, PhysicalMemory memory, boolean updates) {
    return new View(purpose, memory, updates);
  }

  private final class View implements PhysicalMemory {
    private final Purpose purpose;
    private final PhysicalMemory memory;
    private final boolean updates;

    View(Purpose purpose, PhysicalMemory memory, boolean updates) {
      this.purpose = purpose;
      this.memory = memory;
      this.updates = updates;
    }

    @Override
    public long load64(long pa) throws BusAbort {
      try {
        long value = memory.load64(pa);
        reads.add(new Read(purpose, pa, value, false, false));
        return value;
      } catch (BusAbort abort) {
        reads.add(new Read(purpose, pa, 0, true, false));
        throw abort;
      }
    }

    @Override
    public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
      reads.add(new Read(purpose, pa, value, false, true));
      return !updates || memory.compareAndSet64(pa, expected, value);
    }

    @Override
    public void store64(long pa, long value) {
      throw readOnly();
    }

    @Override
    public long getAndSet64(long pa, long value) {
      throw readOnly();
    }

    @Override
    public void read(long pa, byte[] target, int offset, int length) throws BusAbort {
      memory.read(pa, target, offset, length);
    }

    @Override
    public void write(long pa, byte[] source, int offset, int length) {
      throw readOnly();
    }

    @Override
    public void fill(long pa, long length, byte value) {
      throw readOnly();
    }

    private static IllegalStateException readOnly() {
      return new IllegalStateException("a translation writes to memory");
    }
  }
}
