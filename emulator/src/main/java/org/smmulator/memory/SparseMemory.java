package org.smmulator.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.BusAbort;

/**
 * RAM in chunks of 4 MiB that come into being with the first write. A granule that a write covers
 * in part is replaced by compare-and-set, so that bytes beside the range never go back. A write for
 * which the host has no memory aborts, as one to an address without RAM.
 *
 * <p>A granule is an element of an array in the heap: there is nothing between a table walk and its
 * descriptor but the directory of chunks, and the heap can lie on huge pages. Chunks are as large
 * as they are because G1 fills up a large array to whole regions, and because the directory and the
 * lengths of the arrays should stay in the processor's first caches.
 */
public final class SparseMemory extends Ram {
  static final int CHUNK_BYTES = 4 << 20;
  private static final int CHUNK_GRANULES = CHUNK_BYTES / GRANULE;
  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_GRANULES);
  private static final VarHandle CHUNKS = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle GRANULES = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle BYTES =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

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
    super(base, bytes);
    this.host = host;
    this.chunks = new long[Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES)] @Nullable [];
  }

  /** RAM answers unless the host has no memory for it. */
  @Override
  public String whyAborted() {
    return host.usedUp(bytes());
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
  int readWhole(long first, ByteBuffer target, int index, int wanted) {
    long[] chunk = chunk(first);
    int from = inChunk(first);
    int count = Math.min(wanted, CHUNK_GRANULES - from);
    for (int i = 0; i < count; i++) {
      long value = chunk == null ? 0 : (long) GRANULES.getAcquire(chunk, from + i);
      BYTES.set(target, index + i * GRANULE, value);
    }
    return count * GRANULE;
  }

  @Override
  int writeWhole(long first, ByteBuffer source, int index, int wanted) throws BusAbort {
    long[] chunk = chunkForWrite(first);
    int to = inChunk(first);
    int count = Math.min(wanted, CHUNK_GRANULES - to);
    for (int i = 0; i < count; i++) {
      GRANULES.setRelease(chunk, to + i, (long) BYTES.get(source, index + i * GRANULE));
    }
    return count * GRANULE;
  }

  @Override
  long fillWhole(long first, long pattern, long wanted) throws BusAbort {
    int to = inChunk(first);
    int count = (int) Math.min(wanted, CHUNK_GRANULES - to);
    if (pattern != 0 || chunk(first) != null) {
      long[] chunk = chunkForWrite(first);
      for (int i = 0; i < count; i++) {
        GRANULES.setRelease(chunk, to + i, pattern);
      }
    }
    return (long) count * GRANULE;
  }

  @Override
  void writePart(long granule, int skip, int count, long value) throws BusAbort {
    if (value == 0 && chunk(granule) == null) {
      return; // it is zero
    }
    long mask = maskOf(skip, count);
    long[] chunk = chunkForWrite(granule);
    int index = inChunk(granule);
    long before;
    do {
      before = (long) GRANULES.getAcquire(chunk, index);
    } while (!GRANULES.compareAndSet(chunk, index, before, (before & ~mask) | value));
  }

  @Override
  void prepareWrite(long firstGranule, long lastGranule) throws BusAbort {
    int first = number(firstGranule);
    int last = number(lastGranule);
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
    return (int) Math.min(CHUNK_GRANULES, granules() - ((long) number << CHUNK_SHIFT));
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
