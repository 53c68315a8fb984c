package org.smmulator.qtest;

import org.smmulator.smmu.port.Transaction;

/** All commands of the guest port. Executed one at a time by the thread of the port. */
public final class Commands {
  private final MemoryCommands memory;
  private final ClockCommands clock;
  private final StreamCommands streams;
  private final Interception interception;
  private final PowerOn powerOn;
  private final CpuMaintenance cpus;
  private final ExplainLines explanations;

  /**
   * @param lines where lines go that answer no command
   */
  public Commands(HarnessMachine machine, Interception interception, Lines lines) {
    this.interception = interception;
    InjectedStreams injected =
        new InjectedStreams(
            machine.hardware().loop(), machine.smmu(), machine.invalidationTimeoutNanos(), lines);
    machine.root().standFor(injected);
    memory = new MemoryCommands(new CpuPhysicalMemory(machine));
    clock = new ClockCommands(machine.hardware());
    streams = new StreamCommands(machine, injected, lines);
    powerOn = new PowerOn(machine, injected);
    cpus = new CpuMaintenance(machine);
    explanations = new ExplainLines(machine, lines);
  }

  /** As {@code SmmuOutputs.transactionResumed}. */
  public void transactionResumed(Transaction transaction) {
    streams.resumed(transaction);
  }

  /** Another harness begins. */
  void begin() {
    interception.forget();
  }

  /** Executes a line; the answer, without its end of line. */
  String execute(String line) {
    Words words = new Words(line);
    try {
      return execute(words);
    } catch (CommandException e) {
      return e.answer();
    }
  }

  private String execute(Words words) throws CommandException {
    return switch (words.command()) {
      case "readb" -> memory.readNumber(words, 1);
      case "readw" -> memory.readNumber(words, 2);
      case "readl" -> memory.readNumber(words, 4);
      case "readq" -> memory.readNumber(words, 8);
      case "writeb" -> memory.writeNumber(words, 1);
      case "writew" -> memory.writeNumber(words, 2);
      case "writel" -> memory.writeNumber(words, 4);
      case "writeq" -> memory.writeNumber(words, 8);
      case "read" -> memory.read(words);
      case "write" -> memory.write(words);
      case "b64read" -> memory.readBase64(words);
      case "b64write" -> memory.writeBase64(words);
      case "memset" -> memory.fill(words);
      case "endianness" -> "OK little";
      case "irq_intercept_in" -> interception.inputs(words);
      case "irq_intercept_out" -> interception.outputs(words);
      case "clock_step" -> clock.step(words);
      case "clock_set" -> clock.set(words);
      case "smmu_read" -> streams.read(words);
      case "smmu_write" -> streams.write(words);
      case "smmu_ats" -> streams.translationRequest(words);
      case "smmu_page_request" -> streams.pageRequest(words);
      case "atc_inv_done" -> streams.invalidationDone(words);
      case "explain" -> explanations.explain(words);
      case "cpu_tlbi" -> cpus.invalidate(words);
      case "reset" -> powerOn.reset();
      default ->
          throw CommandException.failed("Unknown command '" + Words.shown(words.command()) + "'");
    };
  }
}
