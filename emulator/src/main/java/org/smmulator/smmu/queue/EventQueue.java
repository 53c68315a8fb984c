package org.smmulator.smmu.queue;

import org.smmulator.arch.event.EventField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.fault.EventSink;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.QueueInterrupts;
import org.smmulator.smmu.register.Registers;

/**
 * The event queue (IHI 0070 7.2). A record that finds it full is lost and sets the overflow flag; a
 * record that finds it disabled or in error is lost without a trace. An overflow that software has
 * not acknowledged does not hold back further records. Records of stalled transactions are not
 * lost: they are refused, and their owner offers them again.
 *
 * <p>A mergeable record (7.3.1) that differs from the last one in the queue by the offset within
 * its page alone is not written while that one has not been read.
 */
public final class EventQueue implements EventSink {
  private static final long PAGE_OFFSET = 0xfff;

  private final OutputQueue queue;
  private final Registers registers;
  private final GlobalErrors errors;
  private final QueueInterrupts interrupts;
  private final SmmuOutputs outputs;
  private final long[] last = new long[EventField.WORDS];

  /** Whether {@link #last} is the record before PROD. */
  private boolean hasLast;

  private long lost;

  public EventQueue(
      SmmuFeatures features,
      PhysicalMemory memory,
      Registers registers,
      GlobalErrors errors,
      QueueInterrupts interrupts,
      SmmuOutputs outputs) {
    this.queue =
        new OutputQueue(
            memory,
            registers,
            SmmuRegister.EVENTQ_BASE,
            SmmuRegister.EVENTQ_PROD,
            SmmuRegister.EVENTQ_CONS,
            features.queues().eventLog2());
    this.registers = registers;
    this.errors = errors;
    this.interrupts = interrupts;
    this.outputs = outputs;
  }

  /** Software may have disabled the queue: it may have another memory and position next time. */
  public void registersWritten() {
    hasLast &= registers.eventQueueEnabled();
  }

  @Override
  public boolean isWritable() {
    return isOpen() && !queue.isFull();
  }

  private boolean isOpen() {
    return registers.eventQueueEnabled() && !errors.isActive(Gerror.EVENTQ_ABT_ERR);
  }

  @Override
  public void write(long[] record, boolean mergeable) {
    if (!isOpen()) {
      return;
    }
    if (mergeable && isLikeLast(record)) {
      return;
    }
    if (queue.isFull()) {
      lost++;
      queue.overflow();
    } else {
      append(record);
    }
  }

  @Override
  public boolean writeStall(long[] record) {
    return isWritable() && append(record);
  }

  private boolean isLikeLast(long[] record) {
    int input = EventField.INPUT_ADDRESS.word();
    return hasLast
        && !queue.isEmpty()
        && record[0] == last[0]
        && record[1] == last[1]
        && (record[input] & ~PAGE_OFFSET) == (last[input] & ~PAGE_OFFSET)
        && record[3] == last[3];
  }

  private boolean append(long[] record) {
    boolean wasEmpty = queue.isEmpty();
    try {
      queue.append(record);
    } catch (BusAbort abort) {
      errors.raise(Gerror.EVENTQ_ABT_ERR);
      return false;
    }
    System.arraycopy(record, 0, last, 0, last.length);
    hasLast = true;
    outputs.eventRecorded(record);
    if (wasEmpty) {
      interrupts.eventQueue();
    }
    return true;
  }

  /** Records that found the queue full. */
  public long lost() {
    return lost;
  }

  /** Entries that software has not taken. */
  public int unread() {
    return queue.unread();
  }
}
