package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_STRTAB_BASE and SMMU_STRTAB_BASE_CFG (IHI 0070 6.3.23, 6.3.24). */
public final class StrtabBase {

  /** Of STRTAB_BASE; read in place. */
  public static final BitField ADDR = field(51, 6);

  /** Of STRTAB_BASE. */
  public static final BitField RA = bit(62);

  /** Of STRTAB_BASE_CFG. */
  public static final BitField LOG2SIZE = field(5, 0);

  /** Of STRTAB_BASE_CFG: 6, 8 or 10. */
  public static final BitField SPLIT = field(10, 6);

  /** Of STRTAB_BASE_CFG: 0 linear, 1 2-level. */
  public static final BitField FMT = field(17, 16);

  private StrtabBase() {}
}
