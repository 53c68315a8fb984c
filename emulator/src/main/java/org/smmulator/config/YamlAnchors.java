package org.smmulator.config;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;

/** What the anchors of one text name. The parser tells those of mappings and lists alone. */
final class YamlAnchors {
  /**
   * A value that has a name.
   *
   * @param path where it stands
   */
  record Anchored(JsonNode value, String path) {}

  private static final String ENDS_NAME = " \t\r\n,[]{}";

  /** The parser counts them, not characters. Empty if nothing is named. */
  private final int[] codePoints;

  private final Map<String, Anchored> named = new HashMap<>();

  YamlAnchors(String yaml) {
    codePoints = yaml.indexOf('&') < 0 ? new int[0] : yaml.codePoints().toArray();
  }

  void put(String name, JsonNode value, String path) {
    named.put(name, new Anchored(value, path));
  }

  @Nullable Anchored get(String name) {
    return named.get(name);
  }

  /** The anchor of a value that is no mapping or list, which stands before it, as its tag does. */
  @Nullable String ofScalar(TokenStreamLocation start) {
    int at = (int) start.getCharOffset();
    while (is(at, '!')) {
      at = afterSpace(end(at));
    }
    if (!is(at, '&')) {
      return null;
    }
    int end = end(at);
    return new String(codePoints, at + 1, end - at - 1);
  }

  private boolean is(int at, char character) {
    return at >= 0 && at < codePoints.length && codePoints[at] == character;
  }

  private int end(int from) {
    int at = from;
    while (at < codePoints.length && ENDS_NAME.indexOf(codePoints[at]) < 0) {
      at++;
    }
    return at;
  }

  private int afterSpace(int from) {
    int at = from;
    while (is(at, ' ') || is(at, '\t')) {
      at++;
    }
    return at;
  }
}
