package org.smmulator.guest.pci.dma;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;

/**
 * The descriptors and completion records of one queue, in guest memory that the device reaches
 * through its default domain. Guarded by the queue's mutex.
 */
final class DmaRing {
  private final PhysicalMemory memory;
  private final int log2;
  private final long descriptors;
  private final long descriptorsIova;
  private final long completions;
  private final long completionsIova;

  /**
   * @param descriptors physical address of the descriptors
   * @param descriptorsIova where the device finds them
   */
  DmaRing(
      PhysicalMemory memory,
      int log2,
      long descriptors,
      long descriptorsIova,
      long completions,
      long completionsIova) {
    this.memory = memory;
    this.log2 = log2;
    this.descriptors = descriptors;
    this.descriptorsIova = descriptorsIova;
    this.completions = completions;
    this.completionsIova = completionsIova;
  }

  int log2() {
    return log2;
  }

  int entries() {
    return 1 << log2;
  }

  long descriptorsIova() {
    return descriptorsIova;
  }

  long completionsIova() {
    return completionsIova;
  }

  long descriptors() {
    return descriptors;
  }

  long completions() {
    return completions;
  }

  static long descriptorBytes(int log2) {
    return (long) DmaRegister.DESCRIPTOR_BYTES << log2;
  }

  static long completionBytes(int log2) {
    return (long) DmaRegister.COMPLETION_BYTES << log2;
  }

  void write(long ticket, DmaOperation operation) {
    long slot = descriptors + (ticket % entries()) * DmaRegister.DESCRIPTOR_BYTES;
    store(
        slot,
        DmaRegister.OPCODE.of(operation.opcode().code())
            | DmaRegister.LENGTH.of(operation.length()));
    store(slot + 8, operation.source());
    store(slot + 16, operation.destination());
    store(slot + 24, operation.pattern());
    store(slot + 32, ticket & Long.MAX_VALUE);
  }

  /** Whether the completion record of this ticket has arrived: its phase is that of the pass. */
  boolean isDone(long ticket) {
    boolean oddPass = (ticket / entries() & 1) == 0;
    return DmaRegister.PHASE.isSet(load(record(ticket) + 24)) == oddPass;
  }

  DmaResult result(long ticket) {
    long record = record(ticket);
    long tag = DmaRegister.TAG.get(load(record + 24));
    if (tag != (ticket & Long.MAX_VALUE)) {
      return new DmaResult(DmaResult.Status.BAD_DESCRIPTOR, 0, tag, 0);
    }
    long first = load(record);
    return new DmaResult(
        DmaResult.Status.of(DmaRegister.STATUS.getInt(first)),
        DmaRegister.BYTES_DONE.get(first),
        load(record + 8),
        load(record + 16));
  }

  private long record(long ticket) {
    return completions + (ticket % entries()) * DmaRegister.COMPLETION_BYTES;
  }

  private long load(long pa) {
    try {
      return memory.load64(pa);
    } catch (BusAbort e) {
      throw new IllegalStateException("a ring lies outside memory", e);
    }
  }

  private void store(long pa, long value) {
    try {
      memory.store64(pa, value);
    } catch (BusAbort e) {
      throw new IllegalStateException("a ring lies outside memory", e);
    }
  }
}
