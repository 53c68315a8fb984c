package org.smmulator.bus.tlp;

/**
 * Flags of a Page Request (Base Specification 10.4.1): the first three are the low bits of its
 * address field; the others stand in its PASID prefix, and here above them.
 */
public final class PageRequestFlags {
  public static final int READ = 1;
  public static final int WRITE = 2;
  public static final int LAST = 4;

  /** Those of the message itself. */
  public static final int IN_ADDRESS = READ | WRITE | LAST;

  public static final int PRIVILEGED = 8;
  public static final int EXECUTE = 16;

  private PageRequestFlags() {}
}
