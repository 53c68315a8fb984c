package org.smmulator.memory;

import java.util.function.LongConsumer;

/**
 * The registers behind a {@link Region}. Accesses are aligned and of a width that the region
 * allows; values are little-endian, zero-extended. Used on the hardware's thread.
 */
public sealed interface Target {
  /** What an access of so many bytes reads where nobody answers. */
  static long allOnes(int bytes) {
    return -1L >>> (Long.SIZE - bytes * Byte.SIZE);
  }

  /** Registers that answer at once. */
  non-sealed interface Now extends Target {
    /** Reads so many bytes at an offset from the region's base. */
    long read(long offset, int bytes);

    /** Writes so many bytes. */
    void write(long offset, int bytes, long value);
  }

  /** Registers that may answer much later, such as those of a device on a link. */
  non-sealed interface Later extends Target {
    /**
     * Begins a read.
     *
     * @param done given the value, or all ones if there is none in time
     */
    void read(long offset, int bytes, LongConsumer done);

    /**
     * Begins a write.
     *
     * @param done called when the write is over
     */
    void write(long offset, int bytes, long value, Runnable done);
  }
}
