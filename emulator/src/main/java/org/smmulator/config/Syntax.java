package org.smmulator.config;

import java.util.regex.Pattern;

/** Forms of text in a machine file. */
public enum Syntax {
  TEXT("[^\\x00-\\x1f\\x7f]{1,200}", "1 to 200 printable characters"),
  NAME("[a-z][a-z0-9-]{0,31}", "lower-case letters, digits and '-', such as alice-2"),
  ADDRESS(
      "(unix:.{1,107}|[^\\s:]+:[0-9]{1,5}|\\[[0-9a-fA-F:.]+\\]:[0-9]{1,5})",
      "HOST:PORT or unix:PATH"),
  HTTP_ADDRESS("([^\\s:]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}", "HOST:PORT, such as 127.0.0.1:9464");

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
    boolean hasPort = this == HTTP_ADDRESS || (this == ADDRESS && !text.startsWith("unix:"));
    return !hasPort || Integer.parseInt(text.substring(text.lastIndexOf(':') + 1)) <= 65535;
  }
}
