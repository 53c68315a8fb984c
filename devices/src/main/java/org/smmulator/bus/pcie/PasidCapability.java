package org.smmulator.bus.pcie;

/** The PASID extended capability (Base Specification 7.8.9); offsets from its beginning. */
public final class PasidCapability {
  public static final int ID = 0x001B;

  /** Capability in [15:0], Control in [31:16]. */
  public static final int CONTROL = 0x04;

  // What is optional: in the capability whether it is supported.
  public static final int EXECUTE = 1 << 1;
  public static final int PRIVILEGED = 1 << 2;
  public static final int TRANSLATED_WITH_PASID = 1 << 3;

  public static final int ENABLE = 1 << 16;

  /** The most bits that a PASID has (6.20.2.2). */
  public static final int MOST_BITS = 20;

  private static final int OPTIONAL = EXECUTE | PRIVILEGED | TRANSLATED_WITH_PASID;

  private PasidCapability() {}

  /** Max PASID Width: PASIDs are below two to this. */
  public static int width(int control) {
    return (control >>> 8) & 0x1F;
  }

  /** The field of a width from 1 to 20. */
  public static int ofWidth(int bits) {
    return bits << 8;
  }

  /** Of what is optional, what the capability supports and Control enables. */
  public static int enabledOptions(int capability, int control) {
    return (control >>> 16) & capability & OPTIONAL;
  }
}
