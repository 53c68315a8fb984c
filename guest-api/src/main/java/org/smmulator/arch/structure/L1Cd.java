package org.smmulator.arch.structure;

import static org.smmulator.arch.BitField.bit;
import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** Level 1 context descriptor, 8 bytes (IHI 0070 5.3). */
public final class L1Cd {
  public static final BitField V = bit(0);

  /** In place. */
  public static final BitField L2PTR = field(51, 12);

  public static final int BYTES = 8;

  private L1Cd() {}
}
