package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_GBPA: what happens to traffic while SMMUEN is 0 (IHI 0070 6.3.14). */
public final class Gbpa {
  public static final BitField MEM_ATTR = field(3, 0);
  public static final BitField MTCFG = bit(4);
  public static final BitField ALLOCCFG = field(11, 8);
  public static final BitField SHCFG = field(13, 12);
  public static final BitField PRIVCFG = field(17, 16);
  public static final BitField INSTCFG = field(19, 18);
  public static final BitField ABORT = bit(20);
  public static final BitField UPDATE = bit(31);

  private Gbpa() {}
}
