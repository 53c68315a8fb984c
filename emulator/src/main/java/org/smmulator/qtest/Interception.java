package org.smmulator.qtest;

import org.smmulator.arch.port.MemoryMap;

/**
 * Interrupts as the harness sees them, once it asked for the outputs of the SMMU or the inputs of
 * the interrupt controller. Interrupts of the SMMU and MSIs are edges: up and down at once.
 */
public final class Interception {
  private static final int SMMU_LINES = 4;

  /** INTID of the first shared peripheral interrupt, number 0 of the controller's inputs. */
  private static final int FIRST_SPI = 32;

  /** The controller's inputs for the pins INTA# to INTD# of PCIe on the {@code virt} machine. */
  private static final int PCIE_PINS = 3;

  private enum Of {
    NOTHING,
    SMMU_OUTPUTS,
    CONTROLLER_INPUTS
  }

  private final Lines lines;
  private volatile Of of = Of.NOTHING;

  public Interception(Lines lines) {
    this.lines = lines;
  }

  /** A new harness has asked for nothing yet. */
  void forget() {
    of = Of.NOTHING;
  }

  /** {@code irq_intercept_out PATH}. */
  String outputs(Words words) throws CommandException {
    return intercept(words.word("PATH"), "smmu", Of.SMMU_OUTPUTS);
  }

  /** {@code irq_intercept_in PATH}. */
  String inputs(Words words) throws CommandException {
    return intercept(words.word("PATH"), "gic", Of.CONTROLLER_INPUTS);
  }

  private String intercept(String path, String device, Of wanted) throws CommandException {
    if (!path.equals(device)) {
      throw CommandException.failed("Unknown device; there is " + device);
    }
    if (of != Of.NOTHING && of != wanted) {
      throw CommandException.failed("IRQ intercept already enabled");
    }
    of = wanted;
    return "OK";
  }

  /** An interrupt by its number, on the hardware's thread. */
  public void edge(int intid) {
    int output = intid - MemoryMap.SMMU_EVENTQ_INTID;
    if (of == Of.CONTROLLER_INPUTS) {
      pulse(intid - FIRST_SPI);
    } else if (of == Of.SMMU_OUTPUTS && output >= 0 && output < SMMU_LINES) {
      pulse(output);
    }
  }

  /** A pin of PCIe, on the hardware's thread. */
  public void pin(int pin, boolean asserted) {
    if (of == Of.CONTROLLER_INPUTS) {
      lines.line((asserted ? "IRQ raise " : "IRQ lower ") + (PCIE_PINS + pin));
    }
  }

  private void pulse(int number) {
    lines.line("IRQ raise " + number);
    lines.line("IRQ lower " + number);
  }
}
