package org.smmulator.smmu.register;

/**
 * Who must act before a change of a control register shows as done (IHI 0070 6.3.9, 6.3.12). Called
 * on the hardware's thread, with the new value in the register already.
 */
public interface ControlChanges {
  /** SMMUEN went from 1 to 0: stalled transactions end, and nothing new may stall. */
  void disabled();

  /** CR2 has another value: what was cached of configurations may have been judged by the old. */
  void cr2Changed();
}
