package org.smmulator.arch.register;

import static org.smmulator.arch.BitField.field;

import org.smmulator.arch.BitField;

/** SMMU_AIDR: the version of the architecture (IHI 0070 6.3.8). */
public final class Aidr {
  /** Of SMMUv3.x: x. */
  public static final BitField ARCH_MINOR = field(3, 0);

  private Aidr() {}
}
