package org.smmulator.config;

import java.util.regex.Pattern;
import org.smmulator.bus.wire.BusAddress;

/** Forms of text in a machine file. */
public enum Syntax {
  TEXT("[^\\x00-\\x1f\\x7f]{1,200}", "1 to 200 printable characters"),
  NAME("[a-z][a-z0-9-]{0,31}", "lower-case letters, digits and '-', such as alice-2"),
  ADDRESS(
      "(unix:.{1,106}|[^\\s:]+:[0-9]{1,5}|\\[[0-9a-fA-F:.]+\\]:[0-9]{1,5})",
      "HOST:PORT (up to 65535) or unix:PATH (up to 106 bytes)"),
  HTTP_ADDRESS(
      "([^\\s:]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}",
      "HOST:PORT (up to 65535), such as 127.0.0.1:9464");

  private final Pattern pattern;
  private final String right;

  Syntax(String pattern, String right) {
    this.pattern = Pattern.compile(pattern);
    this.right = right;
  }

  /** What would be right, for people. */
  public String right() {
    return right;
  }

  /** The regular expression, without anchors. */
  public String expression() {
    return pattern.pattern();
  }

  public boolean matches(String text) {
    if (!pattern.matcher(text).matches()) {
      return false;
    }
    return switch (this) {
      case TEXT, NAME -> true;
      case ADDRESS, HTTP_ADDRESS -> isAddress(text);
    };
  }

  /** Ports have a limit that patterns do not show, and so have paths. */
  private static boolean isAddress(String text) {
    try {
      BusAddress unused = BusAddress.parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
