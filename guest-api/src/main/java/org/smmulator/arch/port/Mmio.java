package org.smmulator.arch.port;

import java.util.function.IntPredicate;

/**
 * A window of memory-mapped registers. One task's writes apply in program order, and writes of
 * different tasks in the order in which a lock or another handshake put them; its reads wait until
 * its last write is applied. Offsets are bytes from the window's start, aligned to the size of the
 * access; values are little-endian, zero-extended.
 */
public interface Mmio {
  /**
   * Reads {@code sizeBytes} (1, 2, 4 or 8). A device that is gone or does not answer in time reads
   * as all ones.
   */
  long read(long offset, int sizeBytes);

  /** Writes {@code sizeBytes} (1, 2, 4 or 8); posted. */
  void write(long offset, int sizeBytes, long value);

  /**
   * Parks until the 32-bit register at {@code offset} satisfies the predicate or the deadline (by
   * {@link org.smmulator.execution.Execution#nanoTime}) has passed; counts as busy-waiting, so it
   * is allowed in atomic context.
   *
   * @return whether the predicate held
   */
  boolean awaitChange(long offset, IntPredicate until, long deadlineNanos);

  default int read32(long offset) {
    return (int) read(offset, 4);
  }

  default void write32(long offset, int value) {
    write(offset, 4, Integer.toUnsignedLong(value));
  }

  default long read64(long offset) {
    return read(offset, 8);
  }

  default void write64(long offset, long value) {
    write(offset, 8, value);
  }
}
