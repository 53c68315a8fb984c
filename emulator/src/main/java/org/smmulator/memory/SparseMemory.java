package org.smmulator.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * RAM, in chunks of 4 MiB that come into being with the first write; until then they read as zero.
 * Guest threads and the hardware's thread use it at the same time. Everything moves in aligned
 * granules of 8 bytes, each single-copy atomic, loaded with acquire and stored with release, in
 * ascending order: who sees a byte of a write sees all granules below it. A granule that a write
 * covers in part is replaced by compare-and-set, so that bytes beside the range never go back. A
 * write for which the host has no memory aborts, as one to an address without RAM.
 *
 * <p>A granule is an element of an array in the heap: there is nothing between a table walk and its
 * descriptor but the directory of chunks, and the heap can lie on huge pages. Chunks are as large
 * as they are because G1 fills up a large array to whole regions, and because the directory and the
 * lengths of the arrays should stay in the processor's first caches.
 */
public final class SparseMemory implements PhysicalMemory {
  static final int CHUNK_BYTES = 4 << 20;
  private static final int GRANULE = Long.BYTES;
  private static final int GRANULE_SHIFT = 3;
  private static final int CHUNK_GRANULES = CHUNK_BYTES / GRANULE;
  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_GRANULES);
  private static final VarHandle CHUNKS = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle GRANULES = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle BYTES =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long base;
  private final long granules;
  private final HostMemory host;
  private final long[] @Nullable [] chunks;

  /** RAM that may take all of the host's memory. */
  public SparseMemory(long base, long bytes) {
    this(base, bytes, HostMemory.unlimited());
  }

  /**
   * RAM of {@code bytes} from {@code base} on.
   *
   * @param host where its chunks come from
   * @throws IllegalArgumentException unless both are multiples of 4 KiB and the end is below 2^52
   */
  public SparseMemory(long base, long bytes, HostMemory host) {
    if (base < 0 || bytes <= 0 || ((base | bytes) & 0xfff) != 0 || base > (1L << 52) - bytes) {
      throw new IllegalArgumentException(
          String.format(
              "RAM of 0x%x bytes at 0x%x; both must be multiples of 4 KiB and end below 2^52",
              bytes, base));
    }
    this.base = base;
    this.granules = bytes >>> GRANULE_SHIFT;
    this.host = host;
    this.chunks = new long[Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES)] @Nullable [];
  }

  public long base() {
    return base;
  }

  public long bytes() {
    return granules << GRANULE_SHIFT;
  }

  /** Where its chunks come from. */
  public HostMemory host() {
    return host;
  }

  /** Whether all of {@code length} bytes from {@code pa} on are RAM. */
  public boolean contains(long pa, long length) {
    long offset = pa - base;
    return offset >= 0 && length >= 0 && length <= bytes() && offset <= bytes() - length;
  }

  @Override
  public long load64(long pa) throws BusAbort {
    long granule = granule(pa);
    long[] chunk = chunk(granule);
    return chunk == null ? 0 : (long) GRANULES.getAcquire(chunk, inChunk(granule));
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    long granule = granule(pa);
    GRANULES.setRelease(chunkForWrite(granule), inChunk(granule), value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    long granule = granule(pa);
    return GRANULES.compareAndSet(chunkForWrite(granule), inChunk(granule), expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    long granule = granule(pa);
    return (long) GRANULES.getAndSet(chunkForWrite(granule), inChunk(granule), value);
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
    int skip = (int) pa & (GRANULE - 1);
    long placed = (value & 0xffff_ffffL) << (skip * Byte.SIZE);
    merge(granule(pa - skip), placed, maskOf(skip, Integer.BYTES));
  }

  /** Copies out of memory to {@code target} from {@code index} on; its position stays. */
  public void read(long pa, ByteBuffer target, int index, int length) throws BusAbort {
    checkRange(pa, length);
    int done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = Math.min(GRANULE - skip, length - done);
      long granule = granule(pa + done - skip);
      if (count == GRANULE) {
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

  /** Copies granules, up to the end of their chunk; how many bytes that were. */
  private int readWhole(long first, ByteBuffer target, int index, int wanted) {
    long[] chunk = chunk(first);
    int from = inChunk(first);
    int count = Math.min(wanted, CHUNK_GRANULES - from);
    for (int i = 0; i < count; i++) {
      long value = chunk == null ? 0 : (long) GRANULES.getAcquire(chunk, from + i);
      BYTES.set(target, index + i * GRANULE, value);
    }
    return count * GRANULE;
  }

  /** Copies into memory from {@code index} of {@code source} on; its position stays. */
  public void write(long pa, ByteBuffer source, int index, int length) throws BusAbort {
    checkRange(pa, length);
    takeChunks(pa, length);
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
        merge(granule, value, maskOf(skip, count));
        done += count;
      }
    }
  }

  /** Copies granules, up to the end of their chunk; how many bytes that were. */
  private int writeWhole(long first, ByteBuffer source, int index, int wanted) throws BusAbort {
    long[] chunk = chunkForWrite(first);
    int to = inChunk(first);
    int count = Math.min(wanted, CHUNK_GRANULES - to);
    for (int i = 0; i < count; i++) {
      GRANULES.setRelease(chunk, to + i, (long) BYTES.get(source, index + i * GRANULE));
    }
    return count * GRANULE;
  }

  @Override
  public void fill(long pa, long length, byte value) throws BusAbort {
    checkRange(pa, length);
    long pattern = (value & 0xffL) * 0x0101_0101_0101_0101L;
    if (value != 0) {
      takeChunks(pa, length);
    }
    long done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = (int) Math.min(GRANULE - skip, length - done);
      long granule = granule(pa + done - skip);
      if (value == 0 && chunk(granule) == null) {
        done += CHUNK_BYTES - inChunk(granule) * GRANULE - skip;
      } else if (count == GRANULE) {
        done += fillWhole(granule, pattern, (length - done) / GRANULE);
      } else {
        merge(granule, pattern & maskOf(skip, count), maskOf(skip, count));
        done += count;
      }
    }
  }

  /** Fills granules, up to the end of their chunk; how many bytes that were. */
  private int fillWhole(long first, long pattern, long wanted) throws BusAbort {
    long[] chunk = chunkForWrite(first);
    int to = inChunk(first);
    int count = (int) Math.min(wanted, CHUNK_GRANULES - to);
    for (int i = 0; i < count; i++) {
      GRANULES.setRelease(chunk, to + i, pattern);
    }
    return count * GRANULE;
  }

  private void merge(long granule, long value, long mask) throws BusAbort {
    long[] chunk = chunkForWrite(granule);
    int index = inChunk(granule);
    long before;
    do {
      before = (long) GRANULES.getAcquire(chunk, index);
    } while (!GRANULES.compareAndSet(chunk, index, before, (before & ~mask) | value));
  }

  /** All chunks of a range, before the first byte is written: it is written whole or not at all. */
  private void takeChunks(long pa, long length) throws BusAbort {
    if (length == 0) {
      return;
    }
    int first = number((pa - base) >>> GRANULE_SHIFT);
    int last = number((pa - base + length - 1) >>> GRANULE_SHIFT);
    if (first == last) {
      // Taken or refused with the first byte.
      return;
    }
    long missing = 0;
    for (int number = first; number <= last; number++) {
      missing +=
          chunkNumber(number) == null ? host.bytesOf((long) granulesOf(number) * GRANULE) : 0;
    }
    if (missing > 0 && !host.has(missing)) {
      throw BusAbort.INSTANCE;
    }
    for (int number = first; number <= last && missing > 0; number++) {
      if (chunkNumber(number) == null) {
        newChunk(number);
      }
    }
  }

  private static long maskOf(int skip, int count) {
    return ((1L << (count * Byte.SIZE)) - 1) << (skip * Byte.SIZE);
  }

  private void checkRange(long pa, long length) throws BusAbort {
    if (!contains(pa, length)) {
      throw BusAbort.INSTANCE;
    }
  }

  /** The number of the granule at an address; an address that is not aligned has none. */
  private long granule(long pa) throws BusAbort {
    // Rotated, bits that should be 0 end above all numbers: one comparison checks both.
    long granule = Long.rotateRight(pa - base, GRANULE_SHIFT);
    if (granule < 0 || granule >= granules) {
      throw BusAbort.INSTANCE;
    }
    return granule;
  }

  private static int number(long granule) {
    return (int) (granule >>> CHUNK_SHIFT);
  }

  private static int inChunk(long granule) {
    return (int) granule & (CHUNK_GRANULES - 1);
  }

  private long @Nullable [] chunk(long granule) {
    return chunkNumber(number(granule));
  }

  private long @Nullable [] chunkNumber(int number) {
    return (long[]) CHUNKS.getAcquire(chunks, number);
  }

  private long[] chunkForWrite(long granule) throws BusAbort {
    long[] chunk = chunk(granule);
    return chunk == null ? newChunk(number(granule)) : chunk;
  }

  /** Chunks are of one size, but the last one ends with RAM. */
  private int granulesOf(int number) {
    return (int) Math.min(CHUNK_GRANULES, granules - ((long) number << CHUNK_SHIFT));
  }

  private long[] newChunk(int number) throws BusAbort {
    long[] fresh = host.take(granulesOf(number));
    if (fresh == null) {
      throw BusAbort.INSTANCE;
    }
    long[] winner = (long[]) CHUNKS.compareAndExchange(chunks, number, (long[]) null, fresh);
    if (winner != null) {
      host.giveBack(fresh);
      return winner;
    }
    return fresh;
  }
}
