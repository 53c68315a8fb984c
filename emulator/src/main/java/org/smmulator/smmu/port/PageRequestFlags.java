package org.smmulator.smmu.port;

/** Flags of a page request; the first three are the bits of the PCIe message. */
public final class PageRequestFlags {
  public static final int READ = 1;
  public static final int WRITE = 2;
  public static final int LAST = 4;
  public static final int PRIVILEGED = 8;
  public static final int EXECUTE = 16;

  private PageRequestFlags() {}
}
