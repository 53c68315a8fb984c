package org.smmulator.smmu.feature;

/** The version of the architecture that AIDR names. */
public enum Architecture {
  V3_0(0),
  V3_1(1),
  V3_2(2);

  private final int minor;

  Architecture(int minor) {
    this.minor = minor;
  }

  /** AIDR.ArchMinorRev. */
  public int minor() {
    return minor;
  }

  @Override
  public String toString() {
    return "3." + minor;
  }
}
