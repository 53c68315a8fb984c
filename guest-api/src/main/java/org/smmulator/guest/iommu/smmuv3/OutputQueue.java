package org.smmulator.guest.iommu.smmuv3;

import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;

/**
 * A queue that the SMMU fills and one task empties: events or page requests (IHI 0070 3.5). The
 * consumer's index is written by that task alone.
 */
final class OutputQueue {
  private final SmmuRegisters registers;
  private final TableMemory memory;
  private final SmmuRegister prod;
  private final SmmuRegister cons;
  private final long base;
  private final int log2;
  private final int entryBytes;
  private final int lapMask;
  private volatile int consumed;
  private volatile long overflowAcknowledge;

  OutputQueue(
      SmmuRegisters registers, TableMemory memory, SmmuRegister prod, SmmuRegister cons, Place at) {
    this.registers = registers;
    this.memory = memory;
    this.prod = prod;
    this.cons = cons;
    this.base = at.base;
    this.log2 = at.log2;
    this.entryBytes = at.entryBytes;
    this.lapMask = (2 << log2) - 1;
  }

  /** Where a queue lies in memory, and its shape. */
  record Place(long base, int log2, int entryBytes) {}

  /** Value of the queue's BASE register. */
  long baseRegister() {
    return QueueBase.ADDR.inPlace(base) | QueueBase.LOG2SIZE.of(log2) | QueueBase.HINT.of(1);
  }

  int readProd() {
    return registers.read(prod);
  }

  /** Index, with the wrap bit, of the oldest record. */
  int consumed() {
    return consumed;
  }

  /** How many records lie between an index and the producer's. */
  int pending(int from, int prodRegister) {
    return (prodRegister - from) & lapMask;
  }

  /** A word of the record that is {@code ahead} of an index. */
  long word(int from, int ahead, int word) {
    int slot = (from + ahead) & (lapMask >>> 1);
    return memory.load(base + (long) slot * entryBytes + 8L * word);
  }

  /** Gives the oldest record's slot back to the SMMU. */
  void advance() {
    consumed = (consumed + 1) & lapMask;
    writeCons();
  }

  boolean hasOverflowed(int prodRegister) {
    return QueueIndex.OVERFLOW.get(prodRegister) != overflowAcknowledge;
  }

  void acknowledgeOverflow(int prodRegister) {
    overflowAcknowledge = QueueIndex.OVERFLOW.get(prodRegister);
    writeCons();
  }

  /** Whether there is nothing left to do; a full queue may overflow after it was last looked at. */
  boolean isSettled() {
    int prodRegister = readProd();
    return pending(consumed, prodRegister) == 0 && !hasOverflowed(prodRegister);
  }

  private void writeCons() {
    registers.write(
        cons, QueueIndex.INDEX.of(consumed) | QueueIndex.OVERFLOW.of(overflowAcknowledge));
  }
}
