package org.smmulator.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value that an option of the command line gives instead of the machine file's.
 *
 * @param option such as {@code --set}
 * @param path as problems spell it: {@code devices[0].atc}; an element of a list may also be named
 * @param yaml the value as it would stand in the file
 */
public record Setting(String option, List<Part> path, String yaml) {
  private static final String KEY = "[^.\\[\\]=\\s]+";
  private static final String ELEMENT = "\\[[^\\[\\]=]+\\]";
  private static final Pattern PATH = Pattern.compile(KEY + "(?:" + ELEMENT + "|\\." + KEY + ")*");
  private static final Pattern PART = Pattern.compile("\\.?(" + KEY + ")|" + ELEMENT);

  /** A key of a section, or an element of a list by its index, name or id. */
  record Part(String text, boolean isElement) {}

  public Setting {
    path = List.copyOf(path);
  }

  /** Reads KEY=VALUE; the exception's message says what would be right. */
  public static Setting parse(String option, String text) {
    int equals = text.indexOf('=');
    String path = equals < 0 ? "" : text.substring(0, equals);
    if (!PATH.matcher(path).matches()) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not KEY=VALUE; use one such as smmu.tlbEntries=64 or"
              + " devices[0].atc=16x4");
    }
    return new Setting(option, parts(path), text.substring(equals + 1));
  }

  /** A value that is text whatever YAML would make of it. */
  public static Setting ofText(String option, String path, String text) {
    return new Setting(option, parts(path), quoted(text));
  }

  /** A list of such. */
  public static Setting ofTexts(String option, String path, List<String> texts) {
    List<String> quoted = texts.stream().map(Setting::quoted).toList();
    return new Setting(option, parts(path), "[" + String.join(", ", quoted) + "]");
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static List<Part> parts(String path) {
    List<Part> parts = new ArrayList<>();
    Matcher part = PART.matcher(path);
    while (part.find()) {
      boolean isElement = part.group(1) == null;
      String element = path.substring(part.start() + 1, part.end() - 1);
      parts.add(isElement ? new Part(element, true) : new Part(part.group(1), false));
    }
    return parts;
  }
}
