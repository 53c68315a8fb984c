package org.smmulator.smmu.config;

/** The code of an address size, as IPS, S2PS and OAS have it (IHI 0070 6.3.6). */
public final class AddressSize {
  private AddressSize() {}

  /** Bits of a code; the reserved code 7 acts as 6. */
  public static int bits(int code) {
    return switch (code) {
      case 0 -> 32;
      case 1 -> 36;
      case 2 -> 40;
      case 3 -> 42;
      case 4 -> 44;
      case 5 -> 48;
      default -> 52;
    };
  }
}
