package org.smmulator.config;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads one YAML document into a tree and notes the place of every path. Aliases are refused, so
 * the tree is never larger than the text.
 */
final class YamlTree {
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Place start;
  private final Problems problems;
  private final JsonParser parser;

  private YamlTree(Place start, Problems problems, JsonParser parser) {
    this.start = start;
    this.problems = problems;
    this.parser = parser;
  }

  /** A file's root; a syntax error ends the reading, a doubled key is only noted. */
  static JsonNode read(String file, String yaml, Problems problems) throws ConfigException {
    Place start = new Place(file, 1);
    JsonNode root = read(start, yaml, "", problems);
    if (root.isMissingNode()) {
      throw new ConfigException(
          start + ": the file is empty; it needs at least 'machine: {name: x}'");
    }
    return root;
  }

  /**
   * A value of a file, or of an option.
   *
   * @param start where the text begins
   * @param path of the value
   * @return missing, if the text has none
   */
  static JsonNode read(Place start, String yaml, String path, Problems problems)
      throws ConfigException {
    try (JsonParser parser = YAML.createParser(ObjectReadContext.empty(), yaml)) {
      return new YamlTree(start, problems, parser).document(path);
    } catch (JacksonException e) {
      int line = Math.max(1, e.getLocation() == null ? 1 : e.getLocation().getLineNr());
      String sentence = "not YAML: " + reason(e) + "; correct the ";
      throw new ConfigException(
          start.isLine()
              ? new Place(start.source(), line) + ": " + sentence + "line"
              : start + ": " + path + ": " + sentence + "value");
    }
  }

  private JsonNode document(String path) throws ConfigException {
    if (parser.nextToken() == null) {
      return NODES.missingNode();
    }
    JsonNode root = value(path);
    if (parser.nextToken() != null) {
      throw failure("a second document starts here; one file describes one machine");
    }
    return root;
  }

  private JsonNode value(String path) throws ConfigException {
    problems.locate(path, here());
    if (((YAMLParser) parser).isCurrentAlias()) {
      throw failure(
          "aliases ('*" + parser.getString() + "') are not supported; write the value out");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(path);
      case START_ARRAY -> list(path);
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case VALUE_STRING -> NODES.stringNode(parser.getString());
      default -> throw failure("binary values are not supported; use text or numbers");
    };
  }

  private JsonNode mapping(String path) throws ConfigException {
    ObjectNode mapping = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.getString();
      String child = Problems.child(path, key);
      Place here = here();
      if (mapping.has(key)) {
        Place first = problems.place(child);
        String where = first.isLine() ? ", first in line " + first.line() : "";
        problems.locate(child, here);
        problems.add(child, "given twice" + where + "; keep one of them");
      }
      parser.nextToken();
      JsonNode value = value(child);
      problems.locate(child, here);
      mapping.set(key, value);
    }
    return mapping;
  }

  private JsonNode list(String path) throws ConfigException {
    ArrayNode list = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(value(Problems.element(path, list.size())));
    }
    return list;
  }

  private Place here() {
    return start.isLine()
        ? new Place(start.source(), parser.currentTokenLocation().getLineNr())
        : start;
  }

  private ConfigException failure(String sentence) {
    return new ConfigException(here() + ": " + sentence);
  }

  /** The last unindented line of the parser's report; the others repeat the source. */
  private static String reason(JacksonException e) {
    String reason = "unreadable";
    for (String line : e.getOriginalMessage().lines().toList()) {
      if (!line.isBlank() && !Character.isWhitespace(line.charAt(0))) {
        reason = line;
      }
    }
    return reason;
  }
}
