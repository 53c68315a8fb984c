package org.smmulator.smmu.queue;

import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.Feature;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.SmmuOutputs;
import org.smmulator.smmu.ats.AtcInvalidations;
import org.smmulator.smmu.command.Command;
import org.smmulator.smmu.command.CommandExecutor;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.Registers;

/**
 * Walks the command queue (IHI 0070 3.5.1, 4.1.3 and 7.1): fetches the command at RD, has it
 * executed, and moves RD. After an error RD stays at the command, CMDQ_CONS.ERR says why, and
 * nothing is fetched until software acknowledges GERROR.CMDQ_ERR; then the command is fetched anew.
 * A CMD_SYNC that waits stays at RD too.
 */
public final class CommandQueue {
  private final PhysicalMemory memory;
  private final Registers registers;
  private final GlobalErrors errors;
  private final CommandExecutor executor;
  private final AtcInvalidations invalidations;
  private final SmmuOutputs outputs;
  private final boolean wakesCpus;
  private final int maxLog2;
  private final Command command = new Command();
  private boolean syncWaits;

  public CommandQueue(
      SmmuFeatures features,
      PhysicalMemory memory,
      Registers registers,
      GlobalErrors errors,
      CommandExecutor executor,
      AtcInvalidations invalidations,
      SmmuOutputs outputs) {
    this.memory = memory;
    this.registers = registers;
    this.errors = errors;
    this.executor = executor;
    this.invalidations = invalidations;
    this.outputs = outputs;
    this.wakesCpus = features.has(Feature.SEV);
    this.maxLog2 = features.queues().commandLog2();
  }

  /** Whether a step would execute a command. */
  public boolean hasWork() {
    return registers.commandQueueEnabled()
        && !errors.isActive(Gerror.CMDQ_ERR)
        && !(syncWaits && invalidations.areOutstanding())
        && QueuePosition.distance(position(SmmuRegister.CMDQ_PROD), readPosition(), sizeLog2())
            != 0;
  }

  /** Executes the command at RD, if there is one to execute. */
  public void step() {
    if (!hasWork()) {
      return;
    }
    syncWaits = false;
    if (!fetch()) {
      stop(QueueIndex.CERROR_ABT);
      return;
    }
    switch (executor.execute(command)) {
      case DONE -> consume();
      case ILLEGAL -> stop(QueueIndex.CERROR_ILL);
      case ABORTED -> stop(QueueIndex.CERROR_ATC_INV_SYNC);
      case WAITING -> syncWaits = true;
    }
  }

  /** Power-on. */
  public void reset() {
    syncWaits = false;
  }

  /** Software may have disabled the queue: a CMD_SYNC that waited is as if never fetched. */
  public void registersWritten() {
    syncWaits &= registers.commandQueueEnabled();
  }

  private boolean fetch() {
    long address =
        QueuePosition.address(
            registers.get(SmmuRegister.CMDQ_BASE), readPosition(), sizeLog2(), CommandField.BYTES);
    try {
      long first = memory.load64(address);
      command.set(first, memory.load64(address + Long.BYTES));
      return true;
    } catch (BusAbort abort) {
      return false;
    }
  }

  private void consume() {
    int log2 = sizeLog2();
    int position = readPosition();
    registers.publish(
        SmmuRegister.CMDQ_CONS, QueueIndex.INDEX.of(QueuePosition.next(position, log2)));
    int waiting = QueuePosition.distance(position(SmmuRegister.CMDQ_PROD), position, log2);
    if (wakesCpus && waiting == 1 << log2) {
      // Software that found the queue full may sleep until there is room (4.1.2).
      outputs.sendEvent();
    }
    executor.consumed(command);
  }

  /** ERR before GERROR, GERROR before its interrupt. */
  private void stop(int error) {
    long cons = QueueIndex.INDEX.of(readPosition()) | QueueIndex.ERR.of(error);
    registers.publish(SmmuRegister.CMDQ_CONS, cons);
    errors.raise(Gerror.CMDQ_ERR);
  }

  private int readPosition() {
    return position(SmmuRegister.CMDQ_CONS);
  }

  private int position(SmmuRegister register) {
    return QueueIndex.INDEX.getInt(registers.get(register));
  }

  private int sizeLog2() {
    return Math.min(QueueBase.LOG2SIZE.getInt(registers.get(SmmuRegister.CMDQ_BASE)), maxLog2);
  }
}
