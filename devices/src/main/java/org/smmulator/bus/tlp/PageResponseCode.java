package org.smmulator.bus.tlp;

/** Response Codes of a PRG Response; every other code acts as {@link #FAILURE}. */
public final class PageResponseCode {
  public static final int SUCCESS = 0x0;
  public static final int INVALID = 0x1;
  public static final int FAILURE = 0xF;

  private PageResponseCode() {}
}
