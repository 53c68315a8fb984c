package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;

import org.smmulator.arch.BitField;

/** SMMU_GERROR and SMMU_GERRORN (IHI 0070 6.3.18). */
public final class Gerror {
  public static final BitField CMDQ_ERR = bit(0);
  public static final BitField EVENTQ_ABT_ERR = bit(2);
  public static final BitField PRIQ_ABT_ERR = bit(3);
  public static final BitField MSI_CMDQ_ABT_ERR = bit(4);
  public static final BitField MSI_EVENTQ_ABT_ERR = bit(5);
  public static final BitField MSI_PRIQ_ABT_ERR = bit(6);
  public static final BitField MSI_GERROR_ABT_ERR = bit(7);
  public static final BitField SFM_ERR = bit(8);

  private Gerror() {}
}
