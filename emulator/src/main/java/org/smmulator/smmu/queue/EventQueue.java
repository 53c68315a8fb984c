package org.smmulator.smmu.queue;

import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.fault.EventSink;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.Interrupts;
import org.smmulator.smmu.register.Registers;

/**
 * The event queue (IHI 0070 7.2). A record that finds it full is lost and sets the overflow flag; a
 * record that finds it disabled or in error is lost without a trace. An overflow that software has
 * not acknowledged does not hold back further records.
 */
public final class EventQueue implements EventSink {
  private final OutputQueue queue;
  private final Registers registers;
  private final GlobalErrors errors;
  private final Interrupts interrupts;
  private long lost;

  public EventQueue(
      SmmuFeatures features,
      PhysicalMemory memory,
      Registers registers,
      GlobalErrors errors,
      Interrupts interrupts) {
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
  }

  @Override
  public void write(long[] record) {
    if (!registers.eventQueueEnabled() || errors.isActive(Gerror.EVENTQ_ABT_ERR)) {
      return;
    }
    if (queue.isFull()) {
      lost++;
      queue.overflow();
      return;
    }
    boolean wasEmpty = queue.isEmpty();
    try {
      queue.append(record);
    } catch (BusAbort abort) {
      errors.raise(Gerror.EVENTQ_ABT_ERR);
      return;
    }
    if (wasEmpty) {
      interrupts.eventQueue();
    }
  }

  /** Records that found the queue full. */
  public long lost() {
    return lost;
  }
}
