package org.smmulator.query;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a question, by name. What is wrong with them is an {@link
 * IllegalArgumentException} whose message is a sentence.
 */
public final class Parameters {
  private static final int SHOWN = 40;

  private final Map<String, List<String>> values;
  private final String form;

  /**
   * @param values each parameter's, in the order in which they were given
   * @param form how one is given, for {@code String.format} with its name
   */
  public Parameters(Map<String, List<String>> values, String form) {
    this.values = values;
    this.form = form;
  }

  /**
   * Each is given once, and there is no other one.
   *
   * @param names all that there may be
   */
  void require(List<String> names) {
    for (Map.Entry<String, List<String>> parameter : values.entrySet()) {
      if (!names.contains(parameter.getKey())) {
        throw new IllegalArgumentException(
            shown(parameter.getKey())
                + ": no such parameter; there are "
                + String.join(", ", names));
      }
      if (parameter.getValue().size() > 1) {
        throw new IllegalArgumentException(parameter.getKey() + ": given more than once; give one");
      }
    }
  }

  /** Whether the first is there, of two that say the same thing. */
  boolean has(String name, String other) {
    if (optional(name) != null && optional(other) != null) {
      throw new IllegalArgumentException(
          name + " and " + other + " say the same thing; give one of them");
    }
    return optional(name) != null;
  }

  String oneOf(String name, @Nullable String fallback, String... allowed) {
    String text = fallback == null ? required(name) : optional(name);
    if (text == null) {
      return String.valueOf(fallback);
    }
    if (!List.of(allowed).contains(text)) {
      throw new IllegalArgumentException(
          name + ": " + shown(text) + " is not possible; use " + String.join(" or ", allowed));
    }
    return text;
  }

  String required(String name) {
    String text = optional(name);
    if (text == null) {
      throw new IllegalArgumentException(name + " is missing; give " + String.format(form, name));
    }
    return text;
  }

  @Nullable String optional(String name) {
    List<String> given = values.get(name);
    return given == null ? null : given.get(0);
  }

  /** An unsigned number, decimal or hexadecimal after 0x, up to {@code max}. */
  static long number(String name, String text, long max) {
    boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
    String digits = hexadecimal ? text.substring(2) : text;
    if (!digits.startsWith("+") && !digits.startsWith("-")) {
      try {
        long value = Long.parseUnsignedLong(digits, hexadecimal ? 16 : 10);
        if (Long.compareUnsigned(value, max) <= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
    }
    throw new IllegalArgumentException(
        String.format(
            "%s: %s is not a number from 0 to 0x%x; use one such as 0x20 or 32",
            name, shown(text), max));
  }

  /** Somebody's text, short and fit to be printed. */
  public static String shown(String text) {
    String some = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    return "'" + some.replaceAll("[^\\x21-\\x7e]", "?") + "'";
  }
}
