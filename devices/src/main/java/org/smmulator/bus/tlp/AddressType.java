package org.smmulator.bus.tlp;

/** The AT field of memory requests. */
public final class AddressType {
  public static final int UNTRANSLATED = 0;
  public static final int TRANSLATION_REQUEST = 1;
  public static final int TRANSLATED = 2;
  public static final int RESERVED = 3;

  private AddressType() {}
}
