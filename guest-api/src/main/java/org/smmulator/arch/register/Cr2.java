package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;

import org.smmulator.arch.BitField;

/** SMMU_CR2 (IHI 0070 6.3.12). */
public final class Cr2 {
  public static final BitField E2H = bit(0);
  public static final BitField RECINVSID = bit(1);
  public static final BitField PTM = bit(2);
  public static final BitField REC_CFG_ATS = bit(3);

  private Cr2() {}
}
