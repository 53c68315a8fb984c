package org.smmulator.qtest;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The words of one command line, taken from left to right. */
final class Words {
  private static final int SHOWN = 40;

  private final String[] words;
  private int next = 1;

  Words(String line) {
    words = line.strip().split(" +");
  }

  String command() {
    return words[0];
  }

  boolean hasNext() {
    return next < words.length;
  }

  /**
   * The next word.
   *
   * @param what its name, for people
   */
  String word(String what) throws CommandException {
    if (!hasNext()) {
      throw CommandException.wrong(command() + " needs " + what);
    }
    return words[next++];
  }

  /** An unsigned number of 64 bits, in the notations of C: 0x for base 16, 0 for base 8. */
  long number(String what) throws CommandException {
    String word = word(what);
    try {
      boolean negative = word.startsWith("-");
      long magnitude = magnitude(negative ? word.substring(1) : word);
      return negative ? -magnitude : magnitude;
    } catch (NumberFormatException e) {
      throw CommandException.wrong(what + " '" + shown(word) + "' is not a number of 64 bits");
    }
  }

  private static long magnitude(String digits) {
    if (digits.startsWith("0x") || digits.startsWith("0X")) {
      return unsigned(digits.substring(2), 16);
    }
    return digits.length() > 1 && digits.startsWith("0")
        ? unsigned(digits.substring(1), 8)
        : unsigned(digits, 10);
  }

  private static long unsigned(String digits, int radix) {
    if (digits.startsWith("+") || digits.startsWith("-")) {
      throw new NumberFormatException("a second sign");
    }
    return Long.parseUnsignedLong(digits, radix);
  }

  /** A number from {@code low} to {@code high}, both not negative. */
  long number(String what, long low, long high) throws CommandException {
    long number = number(what);
    if (number < low || number > high) {
      throw CommandException.wrong(
          String.format(
              "%s is %s; it must be %d to %d", what, Long.toUnsignedString(number), low, high));
    }
    return number;
  }

  /** A number, or {@code none} for a dash. */
  long numberOrDash(String what, long high, long none) throws CommandException {
    return skipDash() ? none : number(what, 0, high);
  }

  /** Whether the next word was a dash, which is taken. */
  boolean skipDash() {
    boolean dash = hasNext() && words[next].equals("-");
    next += dash ? 1 : 0;
    return dash;
  }

  /** All words that are left, each one of those allowed. */
  Set<String> flags(String... allowed) throws CommandException {
    Set<String> flags = new HashSet<>();
    List<String> known = Arrays.asList(allowed);
    while (hasNext()) {
      String word = words[next++];
      if (!known.contains(word)) {
        throw CommandException.wrong(
            command() + " has no '" + shown(word) + "'; it may have " + String.join(", ", known));
      }
      flags.add(word);
    }
    return flags;
  }

  /** Somebody's text, short and fit to be printed. */
  static String shown(String text) {
    String shown = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    return shown.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
