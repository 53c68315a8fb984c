package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_IDR3: features (IHI 0070 6.3.4). */
public final class Idr3 {
  public static final BitField HAD = bit(2);
  public static final BitField PBHA = bit(3);
  public static final BitField XNX = bit(4);
  public static final BitField PPS = bit(5);
  public static final BitField MPAM = bit(7);
  public static final BitField FWB = bit(8);
  public static final BitField STT = bit(9);
  public static final BitField RIL = bit(10);
  public static final BitField BBML = field(12, 11);
  public static final BitField E0PD = bit(13);
  public static final BitField PTWNNC = bit(14);
  public static final BitField DPT = bit(15);

  private Idr3() {}
}
