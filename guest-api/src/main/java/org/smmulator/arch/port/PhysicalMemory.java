package org.smmulator.arch.port;

/**
 * The machine's physical address space as software sees it. 64-bit accesses are aligned,
 * single-copy atomic and little-endian. Any address may be given; one without memory behind it
 * aborts.
 */
public interface PhysicalMemory {
  /** Acquire load of the aligned 8 bytes at {@code pa}. */
  long load64(long pa) throws BusAbort;

  /** Release store of the aligned 8 bytes at {@code pa}. */
  void store64(long pa, long value) throws BusAbort;

  /** Sequentially consistent compare-and-set of the aligned 8 bytes at {@code pa}. */
  boolean compareAndSet64(long pa, long expected, long value) throws BusAbort;

  /** Sequentially consistent exchange of the aligned 8 bytes at {@code pa}; the old value. */
  long getAndSet64(long pa, long value) throws BusAbort;

  /** Copies bytes out of memory; nothing is copied if any byte of the range aborts. */
  void read(long pa, byte[] target, int offset, int length) throws BusAbort;

  /**
   * Copies bytes into memory in ascending aligned 8-byte granules, the last one released; nothing
   * is written if any byte of the range aborts.
   */
  void write(long pa, byte[] source, int offset, int length) throws BusAbort;

  /** Writes the aligned 4 bytes at {@code pa}; a message-signalled interrupt is such a write. */
  default void store32(long pa, int value) throws BusAbort {
    byte[] bytes = new byte[Integer.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (value >>> (i * Byte.SIZE));
    }
    write(pa, bytes, 0, bytes.length);
  }

  /** Sets a range of bytes to one value. */
  void fill(long pa, long length, byte value) throws BusAbort;
}
