package org.smmulator.memory;

import java.util.function.Consumer;

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

  /** Takes the end of a read. */
  @FunctionalInterface
  interface Answer {
    /**
     * The read is over.
     *
     * @param value all ones unless the response is {@link Response#OKAY}
     */
    void done(Response response, long value);
  }

  /** Registers that may answer much later, such as those of a device on a link. */
  non-sealed interface Later extends Target {
    /**
     * Begins a read. One of no bytes reads nothing, and is over when the writes before it have
     * arrived.
     */
    void read(long offset, int bytes, Answer answer);

    /**
     * Begins a write.
     *
     * @param done called when the write is over; a posted one is when it is on its way
     */
    void write(long offset, int bytes, long value, Consumer<Response> done);
  }
}
