package org.smmulator.smmu.queue;

import org.smmulator.arch.BitField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.register.Registers;

/**
 * A queue that the SMMU fills and software empties (IHI 0070 3.5.1 to 3.5.4): the event queue and
 * the PRI queue. It is full one wrap ahead of the reader; an overflow is present while OVFLG of
 * PROD and OVACKFLG of CONS differ.
 */
final class OutputQueue {
  private final PhysicalMemory memory;
  private final Registers registers;
  private final SmmuRegister base;
  private final SmmuRegister prod;
  private final SmmuRegister cons;
  private final int maxLog2;

  OutputQueue(
      PhysicalMemory memory,
      Registers registers,
      SmmuRegister base,
      SmmuRegister prod,
      SmmuRegister cons,
      int maxLog2) {
    this.memory = memory;
    this.registers = registers;
    this.base = base;
    this.prod = prod;
    this.cons = cons;
    this.maxLog2 = maxLog2;
  }

  boolean isFull() {
    return unread() == 1 << sizeLog2();
  }

  boolean isEmpty() {
    return unread() == 0;
  }

  /** Entries that software has not taken. */
  int unread() {
    int log2 = sizeLog2();
    // A reader that claims to be further behind than the queue is long: never overwrite on a lie.
    return Math.min(QueuePosition.distance(position(prod), position(cons), log2), 1 << log2);
  }

  boolean isOverflowed() {
    return QueueIndex.OVERFLOW.isSet(registers.get(prod) ^ registers.get(cons));
  }

  /** A record was lost; tells software unless it was told already. */
  void overflow() {
    if (!isOverflowed()) {
      registers.publish(prod, registers.get(prod) ^ QueueIndex.OVERFLOW.mask());
    }
  }

  /** Writes one entry, then moves PROD; the queue is not full. */
  void append(long[] entry) throws BusAbort {
    int log2 = sizeLog2();
    int at = position(prod);
    int entryBytes = entry.length * Long.BYTES;
    long address = QueuePosition.address(registers.get(base), at, log2, entryBytes);
    for (int word = 0; word < entry.length; word++) {
      memory.store64(address + (long) word * Long.BYTES, entry[word]);
    }
    BitField index = QueueIndex.INDEX;
    registers.publish(prod, index.set(registers.get(prod), QueuePosition.next(at, log2)));
  }

  /** Where the next entry goes, wrap bit included. */
  int next() {
    return position(prod);
  }

  private int position(SmmuRegister register) {
    return QueueIndex.INDEX.getInt(registers.get(register));
  }

  private int sizeLog2() {
    return Math.min(QueueBase.LOG2SIZE.getInt(registers.get(base)), maxLog2);
  }
}
