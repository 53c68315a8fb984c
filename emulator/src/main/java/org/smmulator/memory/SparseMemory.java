package org.smmulator.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * RAM, in chunks of 2 MiB that come into being with the first write; until then they read as zero.
 * Guest threads and the hardware's thread use it at the same time. Everything moves in aligned
 * granules of 8 bytes, each single-copy atomic, loaded with acquire and stored with release, in
 * ascending order: who sees a byte of a write sees all granules below it. A granule that a write
 * covers in part is replaced by compare-and-set, so that bytes beside the range never go back. A
 * write for which the host has no memory aborts, as one to an address without RAM.
 */
public final class SparseMemory implements PhysicalMemory {
  private static final int CHUNK_SHIFT = 21;
  private static final int CHUNK_BYTES = 1 << CHUNK_SHIFT;
  private static final int GRANULE = 8;
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long base;
  private final long bytes;
  private final HostMemory host;
  private final AtomicReferenceArray<@Nullable ByteBuffer> chunks;

  /** RAM that may take all of the host's memory. */
  public SparseMemory(long base, long bytes) {
    this(base, bytes, new HostMemory(Long.MAX_VALUE, () -> {}));
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
    this.bytes = bytes;
    this.host = host;
    this.chunks =
        new AtomicReferenceArray<>(Math.toIntExact((bytes + CHUNK_BYTES - 1) >>> CHUNK_SHIFT));
  }

  public long base() {
    return base;
  }

  public long bytes() {
    return bytes;
  }

  /** Where its chunks come from. */
  public HostMemory host() {
    return host;
  }

  /** Whether all of {@code length} bytes from {@code pa} on are RAM. */
  public boolean contains(long pa, long length) {
    long offset = pa - base;
    return offset >= 0 && length >= 0 && length <= bytes && offset <= bytes - length;
  }

  @Override
  public long load64(long pa) throws BusAbort {
    long offset = pa - base;
    if (offset < 0 || offset >= bytes) {
      throw BusAbort.INSTANCE;
    }
    ByteBuffer chunk = chunks.getAcquire((int) (offset >>> CHUNK_SHIFT));
    return chunk == null ? 0 : (long) LONGS.getAcquire(chunk, (int) offset & (CHUNK_BYTES - 1));
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    LONGS.setRelease(chunkForWrite(pa), inChunk(pa), value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    return LONGS.compareAndSet(chunkForWrite(pa), inChunk(pa), expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    return (long) LONGS.getAndSet(chunkForWrite(pa), inChunk(pa), value);
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
    long placed = (value & 0xffff_ffffL) << (skip * 8);
    merge(pa - skip, placed, maskOf(skip, Integer.BYTES));
  }

  /** Copies out of memory to {@code target} from {@code index} on; its position stays. */
  public void read(long pa, ByteBuffer target, int index, int length) throws BusAbort {
    checkRange(pa, length);
    int done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = Math.min(GRANULE - skip, length - done);
      long granule = load64(pa + done - skip);
      if (count == GRANULE) {
        LONGS.set(target, index + done, granule);
      } else {
        for (int i = 0; i < count; i++) {
          target.put(index + done + i, (byte) (granule >>> ((skip + i) * 8)));
        }
      }
      done += count;
    }
  }

  /** Copies into memory from {@code index} of {@code source} on; its position stays. */
  public void write(long pa, ByteBuffer source, int index, int length) throws BusAbort {
    checkRange(pa, length);
    if (inChunk(pa) + length > CHUNK_BYTES) {
      takeChunks(pa, length);
    }
    int done = 0;
    while (done < length) {
      int skip = (int) (pa + done) & (GRANULE - 1);
      int count = Math.min(GRANULE - skip, length - done);
      if (count == GRANULE) {
        store64(pa + done, (long) LONGS.get(source, index + done));
      } else {
        long granule = 0;
        for (int i = 0; i < count; i++) {
          granule |= (source.get(index + done + i) & 0xffL) << ((skip + i) * 8);
        }
        merge(pa + done - skip, granule, maskOf(skip, count));
      }
      done += count;
    }
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
      long at = pa + done;
      if (value == 0 && chunks.getAcquire((int) ((at - base) >>> CHUNK_SHIFT)) == null) {
        done += CHUNK_BYTES - inChunk(at);
        continue;
      }
      int skip = (int) at & (GRANULE - 1);
      int count = (int) Math.min(GRANULE - skip, length - done);
      if (count == GRANULE) {
        store64(at, pattern);
      } else {
        merge(at - skip, pattern & maskOf(skip, count), maskOf(skip, count));
      }
      done += count;
    }
  }

  private void merge(long pa, long value, long mask) throws BusAbort {
    ByteBuffer chunk = chunkForWrite(pa);
    int index = inChunk(pa);
    long before;
    do {
      before = (long) LONGS.getAcquire(chunk, index);
    } while (!LONGS.compareAndSet(chunk, index, before, (before & ~mask) | value));
  }

  /** All chunks of a range, before the first byte is written: it is written whole or not at all. */
  private void takeChunks(long pa, long length) throws BusAbort {
    long missing = 0;
    long end = pa + length;
    for (long at = pa; at < end; at += CHUNK_BYTES - inChunk(at)) {
      missing += chunks.getAcquire((int) ((at - base) >>> CHUNK_SHIFT)) == null ? CHUNK_BYTES : 0;
    }
    if (missing > 0 && !host.has(missing)) {
      throw BusAbort.INSTANCE;
    }
    for (long at = pa; at < end && missing > 0; at += CHUNK_BYTES - inChunk(at)) {
      ByteBuffer unused = chunkForWrite(at);
    }
  }

  private static long maskOf(int skip, int count) {
    return ((1L << (count * 8)) - 1) << (skip * 8);
  }

  private void checkRange(long pa, long length) throws BusAbort {
    if (!contains(pa, length)) {
      throw BusAbort.INSTANCE;
    }
  }

  private int inChunk(long pa) {
    return (int) (pa - base) & (CHUNK_BYTES - 1);
  }

  private ByteBuffer chunkForWrite(long pa) throws BusAbort {
    long offset = pa - base;
    if (offset < 0 || offset >= bytes) {
      throw BusAbort.INSTANCE;
    }
    int number = (int) (offset >>> CHUNK_SHIFT);
    ByteBuffer chunk = chunks.getAcquire(number);
    return chunk == null ? newChunk(number) : chunk;
  }

  private ByteBuffer newChunk(int number) throws BusAbort {
    ByteBuffer fresh = host.take(CHUNK_BYTES);
    if (fresh == null) {
      throw BusAbort.INSTANCE;
    }
    ByteBuffer winner = chunks.compareAndExchange(number, null, fresh);
    if (winner != null) {
      host.giveBack(CHUNK_BYTES);
      return winner;
    }
    return fresh;
  }
}
