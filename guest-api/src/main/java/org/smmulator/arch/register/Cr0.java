package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_CR0 and SMMU_CR0ACK (IHI 0070 6.3.9). */
public final class Cr0 {
  public static final BitField SMMUEN = bit(0);
  public static final BitField PRIQEN = bit(1);
  public static final BitField EVENTQEN = bit(2);
  public static final BitField CMDQEN = bit(3);
  public static final BitField ATSCHK = bit(4);
  public static final BitField VMW = field(8, 6);

  private Cr0() {}
}
