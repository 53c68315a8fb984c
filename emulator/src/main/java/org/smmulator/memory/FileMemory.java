package org.smmulator.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.smmulator.arch.port.BusAbort;

/**
 * RAM in a file that other programs map as well, at the same offset from its base. All that is
 * atomic here is atomic between the programs: an access is one instruction on memory that they
 * share. Of a granule that a write covers in part only those bytes are stored, in aligned pieces.
 *
 * <p>Where the file has been cut short, the JVM (17 and 25 do the same) makes an error of a load or
 * a store, thrown at once or some instructions later; by a compare-and-set or an exchange that it
 * has not compiled yet it is ended itself. So those look first.
 */
public final class FileMemory extends Ram {
  private static final VarHandle LONGS = view(long[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle SHORTS = view(short[].class);

  private final RamFile file;
  private final ByteBuffer[] segments;

  /** Most machines have no other; a walk need not wait for the directory before each descriptor. */
  private final ByteBuffer first;

  /** RAM of the file's size from {@code base} on. */
  public FileMemory(long base, RamFile file) {
    super(base, file.bytes());
    this.file = file;
    this.segments = file.segments();
    this.first = segments[0];
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteBufferViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String whyAborted() {
    throw new IllegalStateException("the file has all its space, so that no access aborts");
  }

  @Override
  public long load64(long pa) throws BusAbort {
    long granule = granule(pa);
    return (long) LONGS.getAcquire(segment(granule), inSegment(granule));
  }

  @Override
  public void store64(long pa, long value) throws BusAbort {
    long granule = granule(pa);
    LONGS.setRelease(segment(granule), inSegment(granule), value);
  }

  @Override
  public boolean compareAndSet64(long pa, long expected, long value) throws BusAbort {
    long granule = granule(pa);
    file.mend(); // see above
    return LONGS.compareAndSet(segment(granule), inSegment(granule), expected, value);
  }

  @Override
  public long getAndSet64(long pa, long value) throws BusAbort {
    long granule = granule(pa);
    file.mend(); // see above
    return (long) LONGS.getAndSet(segment(granule), inSegment(granule), value);
  }

  @Override
  int readWhole(long first, ByteBuffer target, int index, int wanted) {
    ByteBuffer segment = segment(first);
    int from = inSegment(first);
    int bytes = (int) Math.min((long) wanted * GRANULE, segment.capacity() - from);
    for (int at = 0; at < bytes; at += GRANULE) {
      LONGS.set(target, index + at, (long) LONGS.getAcquire(segment, from + at));
    }
    return bytes;
  }

  @Override
  int writeWhole(long first, ByteBuffer source, int index, int wanted) {
    ByteBuffer segment = segment(first);
    int to = inSegment(first);
    int bytes = (int) Math.min((long) wanted * GRANULE, segment.capacity() - to);
    for (int at = 0; at < bytes; at += GRANULE) {
      LONGS.setRelease(segment, to + at, (long) LONGS.get(source, index + at));
    }
    return bytes;
  }

  @Override
  long fillWhole(long first, long pattern, long wanted) {
    ByteBuffer segment = segment(first);
    int to = inSegment(first);
    int bytes = (int) Math.min(wanted * GRANULE, segment.capacity() - to);
    for (int at = 0; at < bytes; at += GRANULE) {
      LONGS.setRelease(segment, to + at, pattern);
    }
    return bytes;
  }

  @Override
  void writePart(long granule, int skip, int count, long value) {
    ByteBuffer segment = segment(granule);
    int base = inSegment(granule);
    int end = skip + count;
    for (int at = skip, width; at < end; at += width) {
      width = Math.min(Integer.lowestOneBit(at | GRANULE), Integer.highestOneBit(end - at));
      long piece = value >>> (at * Byte.SIZE);
      switch (width) {
        case Integer.BYTES -> INTS.setRelease(segment, base + at, (int) piece);
        case Short.BYTES -> SHORTS.setRelease(segment, base + at, (short) piece);
        default -> {
          VarHandle.releaseFence();
          segment.put(base + at, (byte) piece);
        }
      }
    }
  }

  /** The file has all its space since it was opened. */
  @Override
  void prepareWrite(long firstGranule, long lastGranule) {}

  private ByteBuffer segment(long granule) {
    int number = (int) (granule >>> (RamFile.SEGMENT_SHIFT - GRANULE_SHIFT));
    return number == 0 ? first : segments[number];
  }

  private static int inSegment(long granule) {
    return (int) (granule << GRANULE_SHIFT) & (RamFile.SEGMENT_BYTES - 1);
  }
}
