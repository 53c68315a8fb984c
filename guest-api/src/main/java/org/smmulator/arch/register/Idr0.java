package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_IDR0: features (IHI 0070 6.3.1). */
public final class Idr0 {
  public static final BitField S2P = bit(0);
  public static final BitField S1P = bit(1);

  /** 1 LPAE32, 2 AArch64, 3 both. */
  public static final BitField TTF = field(3, 2);

  public static final BitField COHACC = bit(4);
  public static final BitField BTM = bit(5);
  public static final BitField HTTU = field(7, 6);
  public static final BitField DORMHINT = bit(8);
  public static final BitField HYP = bit(9);
  public static final BitField ATS = bit(10);

  /** 1 means that split-stage ATS is not supported. */
  public static final BitField NS1ATS = bit(11);

  public static final BitField ASID16 = bit(12);
  public static final BitField MSI = bit(13);
  public static final BitField SEV = bit(14);
  public static final BitField ATOS = bit(15);
  public static final BitField PRI = bit(16);
  public static final BitField VMW = bit(17);
  public static final BitField VMID16 = bit(18);
  public static final BitField CD2L = bit(19);
  public static final BitField VATOS = bit(20);

  /** 0 mixed, 2 little, 3 big. */
  public static final BitField TTENDIAN = field(22, 21);

  public static final BitField ATSRECERR = bit(23);

  /** 0 stall and terminate, 1 terminate only, 2 stall forced. */
  public static final BitField STALL_MODEL = field(25, 24);

  /** 1 means abort only. */
  public static final BitField TERM_MODEL = bit(26);

  /** 0 linear, 1 linear and 2-level. */
  public static final BitField ST_LEVEL = field(28, 27);

  private Idr0() {}
}
