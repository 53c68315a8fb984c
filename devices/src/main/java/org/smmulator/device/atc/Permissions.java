package org.smmulator.device.atc;

/**
 * What a translation allows, as a set of bits: those of a Translation Completion entry that an ATC
 * keeps (Base Specification 10.2.3), in an order of their own.
 */
public final class Permissions {
  public static final int READ = 1;
  public static final int WRITE = 2;
  public static final int EXECUTE = 4;

  /** The permissions belong to privileged mode. */
  public static final int PRIVILEGED = 8;

  /** Only untranslated requests may go to the page (bit U). */
  public static final int UNTRANSLATED_ONLY = 16;

  private static final String LETTERS = "rwxpu";

  private Permissions() {}

  public static boolean allow(int permissions, boolean write) {
    return (permissions & (write ? WRITE : READ)) != 0;
  }

  /** The letters of the bits that are set, or {@code -}. */
  public static String text(int permissions) {
    StringBuilder text = new StringBuilder(LETTERS.length());
    for (int bit = 0; bit < LETTERS.length(); bit++) {
      if (((permissions >>> bit) & 1) != 0) {
        text.append(LETTERS.charAt(bit));
      }
    }
    return text.isEmpty() ? "-" : text.toString();
  }
}
