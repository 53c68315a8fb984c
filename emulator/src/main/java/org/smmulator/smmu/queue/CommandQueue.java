package org.smmulator.smmu.queue;

import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.port.PhysicalMemory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.smmu.command.AtcInvalidations;
import org.smmulator.smmu.command.Command;
import org.smmulator.smmu.command.CommandExecutor;
import org.smmulator.smmu.command.CommandResult;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.AccessesUnderWay;
import org.smmulator.smmu.port.SmmuOutputs;
import org.smmulator.smmu.register.GlobalErrors;
import org.smmulator.smmu.register.Registers;

/**
 * Walks the command queue (IHI 0070 3.5.1, 4.1.3 and 7.1): fetches the command at RD, has it
 * executed, and moves RD. After an error RD stays at the command, CMDQ_CONS.ERR says why, and
 * nothing is fetched until software acknowledges GERROR.CMDQ_ERR; then the command is fetched anew.
 * A CMD_SYNC that waits stays at RD too. Where a {@link CommandOrder} says so, an invalidation
 * behind RD takes effect early, and is only consumed when its turn comes.
 */
public final class CommandQueue {
  private final PhysicalMemory memory;
  private final Registers registers;
  private final GlobalErrors errors;
  private final CommandExecutor executor;
  private final AtcInvalidations invalidations;
  private final AccessesUnderWay accesses;
  private final SmmuOutputs outputs;
  private final boolean wakesCpus;
  private final int maxLog2;
  private final Command command = new Command();
  private final Command ahead = new Command();
  private CommandOrder order = CommandOrder.IN_TURN;

  /** Bit n: the command n places behind RD has taken effect. */
  private int executedAhead;

  private boolean syncWaits;

  /** Planted: the command at RD is executed once more. */
  private boolean repeats;

  // What the registers say, looked at when somebody has written to them, not for each command.
  private boolean enabled;
  private long base;
  private int log2;
  private int produced;
  private int consumed;

  public CommandQueue(
      SmmuFeatures features,
      PhysicalMemory memory,
      Registers registers,
      GlobalErrors errors,
      CommandExecutor executor,
      AtcInvalidations invalidations,
      AccessesUnderWay accesses,
      SmmuOutputs outputs) {
    this.memory = memory;
    this.registers = registers;
    this.errors = errors;
    this.executor = executor;
    this.invalidations = invalidations;
    this.accesses = accesses;
    this.outputs = outputs;
    this.wakesCpus = features.has(Feature.SEV);
    this.maxLog2 = features.queues().commandLog2();
    lookAtRegisters();
  }

  private void lookAtRegisters() {
    enabled = registers.commandQueueEnabled() && !errors.isActive(Gerror.CMDQ_ERR);
    base = registers.get(SmmuRegister.CMDQ_BASE);
    log2 = Math.min(QueueBase.LOG2SIZE.getInt(base), maxLog2);
    produced = QueueIndex.INDEX.getInt(registers.get(SmmuRegister.CMDQ_PROD));
    consumed = QueueIndex.INDEX.getInt(registers.get(SmmuRegister.CMDQ_CONS));
  }

  /** Whether a step would execute a command. */
  public boolean hasWork() {
    return enabled
        && commands() != 0
        && !(syncWaits && (invalidations.areOutstanding() || accesses.holdSyncBack()));
  }

  /** Commands that software has given and that are not consumed. */
  public int waiting() {
    return Math.min(commands(), 1 << log2);
  }

  private int commands() {
    return QueuePosition.distance(produced, consumed, log2);
  }

  /** Executes the command at RD, if there is one to execute. */
  public void step() {
    if (!hasWork()) {
      return;
    }
    syncWaits = false;
    if (order != CommandOrder.IN_TURN && executeAhead()) {
      return;
    }
    if (!fetch(0, command)) {
      stop(QueueIndex.CERROR_ABT);
      return;
    }
    if ((executedAhead & 1) != 0) {
      consume();
      return;
    }
    if (!command.isSync()) {
      tell(consumed, command);
    }
    switch (executor.execute(command)) {
      case DONE -> done();
      case ILLEGAL -> stop(QueueIndex.CERROR_ILL);
      case ABORTED -> stop(QueueIndex.CERROR_ATC_INV_SYNC);
      case WAITING -> syncWaits = true;
    }
  }

  private void done() {
    if (repeats) {
      repeats = false;
    } else {
      consume();
    }
  }

  /** Index and wrap bit of the command at RD. */
  public int index() {
    return consumed;
  }

  /** The command at RD will be consumed and not executed. */
  public void skip() {
    executedAhead |= 1;
  }

  /** The command at RD will be executed twice. */
  public void repeat() {
    repeats = true;
  }

  /** From now on invalidations take effect in this order. */
  public void order(CommandOrder chosen) {
    order = chosen;
  }

  /** Executes an invalidation before its turn, if one is chosen that can be. */
  private boolean executeAhead() {
    int chosen = order.choose(Math.min(commands(), CommandOrder.WINDOW));
    for (int i = 0; i <= chosen; i++) {
      if (!fetch(i, ahead) || !ahead.isInvalidation()) {
        return false;
      }
    }
    if (chosen == 0 || (executedAhead >>> chosen & 1) != 0) {
      return false;
    }
    tell(QueuePosition.ahead(consumed, chosen, log2), ahead);
    if (executor.execute(ahead) == CommandResult.DONE) {
      executedAhead |= 1 << chosen;
    }
    return true;
  }

  /** Power-on. */
  public void reset() {
    forgetWaiting();
    lookAtRegisters();
  }

  /**
   * Software may have produced commands, acknowledged an error, or disabled the queue: then a
   * CMD_SYNC that waited is as if never fetched.
   */
  public void registersWritten() {
    lookAtRegisters();
    if (!registers.commandQueueEnabled()) {
      forgetWaiting();
    }
  }

  private void forgetWaiting() {
    syncWaits = false;
    executedAhead = 0;
    repeats = false;
    accesses.forgetSync();
  }

  /** Fetches the command so many places behind RD. */
  private boolean fetch(int behind, Command target) {
    int position = QueuePosition.ahead(consumed, behind, log2);
    long address = QueuePosition.address(base, position, log2, CommandField.BYTES);
    try {
      long first = memory.load64(address);
      target.set(first, memory.load64(address + Long.BYTES));
      return true;
    } catch (BusAbort abort) {
      return false;
    }
  }

  private void tell(int position, Command told) {
    outputs.command(position, told.word0(), told.word1());
  }

  private void consume() {
    if (command.isSync()) {
      tell(consumed, command); // before software can see it, and goes on
    }
    int waiting = commands();
    consumed = QueuePosition.next(consumed, log2);
    executedAhead >>>= 1;
    registers.publish(SmmuRegister.CMDQ_CONS, QueueIndex.INDEX.of(consumed));
    if (wakesCpus && waiting == 1 << log2) {
      // Software that found the queue full may sleep until there is room (4.1.2).
      outputs.sendEvent();
    }
    executor.consumed(command);
  }

  /** ERR before GERROR, GERROR before its interrupt. */
  private void stop(int error) {
    long cons = QueueIndex.INDEX.of(consumed) | QueueIndex.ERR.of(error);
    registers.publish(SmmuRegister.CMDQ_CONS, cons);
    executedAhead = 0; // software may write other commands there
    repeats = false;
    errors.raise(Gerror.CMDQ_ERR);
    lookAtRegisters();
  }
}
