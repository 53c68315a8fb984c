package org.smmulator.arch.structure;

import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Level 1 stream table descriptor, 8 bytes (IHI 0070 5.1). */
public final class L1Std {

  /** 0 invalid; n: the level 2 array has 2^(n-1) entries. */
  public static final BitField SPAN = field(4, 0);

  /** In place. */
  public static final BitField L2PTR = field(51, 6);

  public static final int BYTES = 8;

  private L1Std() {}
}
