package org.smmulator.smmu.queue;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.IrqCfg;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.QueueInterrupts;
import org.smmulator.smmu.register.Registers;

/**
 * The PRI queue (IHI 0070 8.1, 8.2). Unlike the event queue, an overflow holds back every further
 * record until software acknowledges it.
 */
public final class PageRequestQueue {
  /** What became of a record. */
  public enum Result {
    WRITTEN,
    /** The queue is off, or an earlier write to it aborted. */
    DISABLED,
    /** The queue is full, or an overflow is not acknowledged. */
    OVERFLOWED,
    /** The write of this record aborted. */
    ABORTED
  }

  private final OutputQueue queue;
  private final Registers registers;
  private final GlobalErrors errors;
  private final QueueInterrupts interrupts;
  private final SmmuOutputs outputs;
  private long written;

  public PageRequestQueue(
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
            SmmuRegister.PRIQ_BASE,
            SmmuRegister.PRIQ_PROD,
            SmmuRegister.PRIQ_CONS,
            features.queues().pageRequestLog2());
    this.registers = registers;
    this.errors = errors;
    this.interrupts = interrupts;
    this.outputs = outputs;
  }

  /** Gives a record to software, if the queue takes it. */
  public Result write(long[] record, boolean last) {
    if (!registers.pageRequestQueueEnabled() || errors.isActive(Gerror.PRIQ_ABT_ERR)) {
      return Result.DISABLED;
    }
    if (queue.isOverflowed() || queue.isFull()) {
      queue.overflow();
      if (interruptsOnLast() && last) {
        interrupts.pageRequestQueue();
      }
      return Result.OVERFLOWED;
    }
    boolean wasEmpty = queue.isEmpty();
    outputs.pageRequestQueued(queue.next());
    try {
      queue.append(record);
    } catch (BusAbort abort) {
      errors.raise(Gerror.PRIQ_ABT_ERR);
      return Result.ABORTED;
    }
    written++;
    if (interruptsOnLast() ? last : wasEmpty) {
      interrupts.pageRequestQueue();
    }
    return Result.WRITTEN;
  }

  private boolean interruptsOnLast() {
    return IrqCfg.LO.isSet(registers.get(SmmuRegister.PRIQ_IRQ_CFG2));
  }

  /** Records written so far. */
  public long written() {
    return written;
  }

  /** Entries that software has not taken. */
  public int unread() {
    return queue.unread();
  }
}
