package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_CR1: attributes of table and queue accesses (IHI 0070 6.3.11). */
public final class Cr1 {
  public static final BitField QUEUE_IC = field(1, 0);
  public static final BitField QUEUE_OC = field(3, 2);
  public static final BitField QUEUE_SH = field(5, 4);
  public static final BitField TABLE_IC = field(7, 6);
  public static final BitField TABLE_OC = field(9, 8);
  public static final BitField TABLE_SH = field(11, 10);

  private Cr1() {}
}
