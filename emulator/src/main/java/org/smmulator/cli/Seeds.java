package org.smmulator.cli;

/**
 * Consecutive seeds, as {@code 1..1000} or {@code 7}.
 *
 * @param first 0 or more
 * @param last not less than first
 */
record Seeds(long first, long last) {
  /**
   * @throws IllegalArgumentException with what would be right
   */
  static Seeds parse(String text) {
    int dots = text.indexOf("..");
    try {
      long first = Long.parseLong(dots < 0 ? text : text.substring(0, dots));
      long last = dots < 0 ? first : Long.parseLong(text.substring(dots + 2));
      if (first >= 0 && last >= first) {
        return new Seeds(first, last);
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no range of seeds; use one such as 1..1000");
  }

  long count() {
    return last - first + 1;
  }
}
