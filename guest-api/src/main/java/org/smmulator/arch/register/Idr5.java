package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_IDR5: translation sizes (IHI 0070 6.3.6). */
public final class Idr5 {

  /** 0..6: 32, 36, 40, 42, 44, 48, 52 bits. */
  public static final BitField OAS = field(2, 0);

  public static final BitField GRAN4K = bit(4);
  public static final BitField GRAN16K = bit(5);
  public static final BitField GRAN64K = bit(6);
  public static final BitField VAX = field(11, 10);
  public static final BitField STALL_MAX = field(31, 16);

  private Idr5() {}
}
