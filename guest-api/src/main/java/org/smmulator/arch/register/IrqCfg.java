package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** The *_IRQ_CFG0 to CFG2 registers: where an SMMU interrupt's MSI goes (IHI 0070 6.3.20). */
public final class IrqCfg {

  /** Of CFG0, in place; 0 means no MSI. */
  public static final BitField ADDR = field(51, 2);

  /** Of CFG1. */
  public static final BitField DATA = field(31, 0);

  /** Of CFG2. */
  public static final BitField MEM_ATTR = field(3, 0);

  /** Of CFG2. */
  public static final BitField SH = field(5, 4);

  /** Of PRIQ_IRQ_CFG2: interrupt when a message with Last arrives. */
  public static final BitField LO = bit(31);

  private IrqCfg() {}
}
