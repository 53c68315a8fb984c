package org.smmulator.config;

import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Copies parts of a tree with the places of all that is in them, up to a bound for one file with
 * all that it includes: some lines of aliases may name more than fits into any memory.
 */
final class TreeCopy {
  /** Values that may be copied in all. */
  static final int MOST = 250_000;

  /** Too much was to be copied. */
  static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("aliases and includes stand for more than " + MOST + " values; write less of them");
    }
  }

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Problems problems;
  private int copied;

  TreeCopy(Problems problems) {
    this.problems = problems;
  }

  /** A copy of what stands at one path, for another one. */
  JsonNode of(JsonNode value, String from, String to) {
    if (++copied > MOST) {
      throw new TooLarge();
    }
    problems.locate(to, problems.place(from));
    if (value instanceof ObjectNode mapping) {
      ObjectNode same = NODES.objectNode();
      for (Map.Entry<String, JsonNode> each : mapping.properties()) {
        String key = each.getKey();
        same.set(key, of(each.getValue(), Problems.child(from, key), Problems.child(to, key)));
      }
      return same;
    }
    if (value instanceof ArrayNode list) {
      ArrayNode same = NODES.arrayNode();
      for (int i = 0; i < list.size(); i++) {
        same.add(of(list.get(i), Problems.element(from, i), Problems.element(to, i)));
      }
      return same;
    }
    return value;
  }

  /** Copies the keys that a mapping does not have. */
  void missing(ObjectNode source, String from, ObjectNode target, String to) {
    for (Map.Entry<String, JsonNode> each : source.properties()) {
      String key = each.getKey();
      if (!target.has(key)) {
        target.set(key, of(each.getValue(), Problems.child(from, key), Problems.child(to, key)));
      }
    }
  }

  /** As above, and in the mappings that both have, too. */
  void missingWithin(ObjectNode source, String from, ObjectNode target, String to) {
    missing(source, from, target, to);
    for (Map.Entry<String, JsonNode> each : source.properties()) {
      String key = each.getKey();
      if (each.getValue() instanceof ObjectNode inner
          && target.get(key) instanceof ObjectNode mine) {
        missingWithin(inner, Problems.child(from, key), mine, Problems.child(to, key));
      }
    }
  }
}
