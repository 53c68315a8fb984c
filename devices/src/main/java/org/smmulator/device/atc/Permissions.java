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

  /**
   * The bits that {@link #text} has written.
   *
   * @throws IllegalArgumentException if it has another letter
   */
  static int parse(String text) {
    int permissions = 0;
    for (int i = 0; i < text.length() && !text.equals("-"); i++) {
      int bit = LETTERS.indexOf(text.charAt(i));
      if (bit < 0) {
        throw new IllegalArgumentException("permission " + text.charAt(i));
      }
      permissions |= 1 << bit;
    }
    return permissions;
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
