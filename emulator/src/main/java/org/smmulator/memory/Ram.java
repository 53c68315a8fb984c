package org.smmulator.memory;

import java.nio.ByteBuffer;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * RAM, from {@link #base} on, which reads as zero until it is written to. Guest threads and the
 * hardware's thread use it at the same time. Everything moves in aligned granules of 8 bytes, each
 * single-copy atomic, loaded with acquire and stored with release, in ascending order: who sees a
 * byte of a write sees all granules below it. A granule that a write covers in part keeps the bytes
 * beside the range, whoever writes to them meanwhile.
 *
 * <p>A machine has one kind of it, in arrays of the heap or in a file. A class with two subclasses,
 * not an interface: where one kind is loaded alone, the JVM calls it without looking which it is.
 */
public abstract sealed class Ram implements PhysicalMemory permits SparseMemory, FileMemory {
  static final int GRANULE = Long.BYTES;
  static final int GRANULE_SHIFT = 3;

  private final long base;
  private final long granules;

  /**
   * RAM of {@code bytes} from {@code base} on.
   *
   * @throws IllegalArgumentException unless both are multiples of 4 KiB and the end is below 2^52
   */
  Ram(long base, long bytes) {
    if (base < 0 || bytes <= 0 || ((base | bytes) & 0xfff) != 0 || base > (1L << 52) - bytes) {
      throw new IllegalArgumentException(
          String.format(
              "RAM of 0x%x bytes at 0x%x; both must be multiples of 4 KiB and end below 2^52",
              bytes, base));
    }
    this.base = base;
    this.granules = bytes >>> GRANULE_SHIFT;
  }

  /** Why a write within it has aborted, and what would be right. */
  public abstract String whyAborted();

  /** Copies granules from {@code first} on, as many as lie together; how many bytes that were. */
  abstract int readWhole(long first, ByteBuffer target, int index, int wanted);

  /** Copies granules to {@code first} on, as many as lie together; how many bytes that were. */
  abstract int writeWhole(long first, ByteBuffer source, int index, int wanted) throws BusAbort;

  /** Fills granules from {@code first} on, as many as lie together; how many bytes that were. */
  abstract long fillWhole(long first, long pattern, long wanted) throws BusAbort;

  /**
   * Writes bytes of a granule.
   *
   * @param skip how many bytes of it lie below them
   * @param value theirs, in their place; all other bits are 0
   */
  abstract void writePart(long granule, int skip, int count, long value) throws BusAbort;

  /** Makes sure that a range can be written to: it is written whole or not at all. */
  abstract void prepareWrite(long firstGranule, long lastGranule) throws BusAbort;

  public final long base() {
    return base;
  }

  public final long bytes() {
    return granules << GRANULE_SHIFT;
  }

  final long granules() {
    return granules;
  }

  /** Whether all of {@code length} bytes from {@code pa} on are RAM. */
  public final boolean contains(long pa, long length) {
    long offset = pa - base;
    return offset >= 0 && length >= 0 && length <= bytes() && offset <= bytes() - length;
  }

  @Override
  public final void read(long pa, byte[] target, int offset, int length) throws BusAbort {
    read(pa, ByteBuffer.wrap(target), offset, length);
  }

  @Override
  public final void write(long pa, byte[] source, int offset, int length) throws BusAbort {
    write(pa, ByteBuffer.wrap(source), offset, length);
  }

  @Override
  public final void store32(long pa, int value) throws BusAbort {
    int skip = (int) pa & (GRANULE - 1);
    long placed = (value & 0xffff_ffffL) << (skip * Byte.SIZE);
    writePart(granule(pa - skip), skip, Integer.BYTES, placed);
  }

  /** Copies out of memory to {@code target} from {@code index} on; its position stays. */
  public final void read(long pa, ByteBuffer target, int index, int length) throws BusAbort {
    checkRange(pa, length);
    int done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = Math.min(GRANULE - skip, length - done);
      if (count == GRANULE) {
        long granule = granule(pa + done);
        done += readWhole(granule, target, index + done, (length - done) / GRANULE);
      } else {
        long value = load64(pa + done - skip);
        for (int i = 0; i < count; i++) {
          target.put(index + done + i, (byte) (value >>> ((skip + i) * Byte.SIZE)));
        }
        done += count;
      }
    }
  }

  /** Copies into memory from {@code index} of {@code source} on; its position stays. */
  public final void write(long pa, ByteBuffer source, int index, int length) throws BusAbort {
    checkRange(pa, length);
    prepare(pa, length);
    int done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = Math.min(GRANULE - skip, length - done);
      long granule = granule(pa + done - skip);
      if (count == GRANULE) {
        done += writeWhole(granule, source, index + done, (length - done) / GRANULE);
      } else {
        long value = 0;
        for (int i = 0; i < count; i++) {
          value |= (source.get(index + done + i) & 0xffL) << ((skip + i) * Byte.SIZE);
        }
        writePart(granule, skip, count, value);
        done += count;
      }
    }
  }

  @Override
  public final void fill(long pa, long length, byte value) throws BusAbort {
    checkRange(pa, length);
    long pattern = (value & 0xffL) * 0x0101_0101_0101_0101L;
    if (value != 0) {
      prepare(pa, length);
    }
    long done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = (int) Math.min(GRANULE - skip, length - done);
      long granule = granule(pa + done - skip);
      if (count == GRANULE) {
        done += fillWhole(granule, pattern, (length - done) / GRANULE);
      } else {
        writePart(granule, skip, count, pattern & maskOf(skip, count));
        done += count;
      }
    }
  }

  static long maskOf(int skip, int count) {
    return ((1L << (count * Byte.SIZE)) - 1) << (skip * Byte.SIZE);
  }

  private void prepare(long pa, long length) throws BusAbort {
    if (length > 0) {
      prepareWrite((pa - base) >>> GRANULE_SHIFT, (pa - base + length - 1) >>> GRANULE_SHIFT);
    }
  }

  private void checkRange(long pa, long length) throws BusAbort {
    if (!contains(pa, length)) {
      throw BusAbort.INSTANCE;
    }
  }

  /** The number of the granule at an address; an address that is not aligned has none. */
  final long granule(long pa) throws BusAbort {
    // Rotated, bits that should be 0 end above all numbers: one comparison checks both.
    long granule = Long.rotateRight(pa - base, GRANULE_SHIFT);
    if (granule < 0 || granule >= granules) {
      throw BusAbort.INSTANCE;
    }
    return granule;
  }
}
