package org.smmulator.smmu.queue;

import org.smmulator.arch.register.QueueBase;

/**
 * Arithmetic on PROD and CONS of a queue of 2^log2 entries: the index in bits [log2-1:0], the wrap
 * bit above it, nothing above that (IHI 0070 3.5.1).
 */
final class QueuePosition {
  private QueuePosition() {}

  /** Entries from {@code cons} to {@code prod}; more than the queue holds if they are absurd. */
  static int distance(int prod, int cons, int log2) {
    return (prod - cons) & wrapMask(log2);
  }

  static int next(int position, int log2) {
    return ahead(position, 1, log2);
  }

  static int ahead(int position, int entries, int log2) {
    return (position + entries) & wrapMask(log2);
  }

  /** Address of the entry at a position; the base is aligned to the size of the queue. */
  static long address(long baseRegister, int position, int log2, int entryBytes) {
    long base = QueueBase.ADDR.inPlace(baseRegister) & -((long) entryBytes << log2);
    return base + (long) (position & ((1 << log2) - 1)) * entryBytes;
  }

  private static int wrapMask(int log2) {
    return (2 << log2) - 1;
  }
}
