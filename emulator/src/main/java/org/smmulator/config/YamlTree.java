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
 * Reads one YAML document into a tree and notes the line of every path. Aliases are refused, so the
 * tree is never larger than the file.
 */
final class YamlTree {
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String file;
  private final Problems problems;
  private final JsonParser parser;

  private YamlTree(String file, Problems problems, JsonParser parser) {
    this.file = file;
    this.problems = problems;
    this.parser = parser;
  }

  /** The document's root; a syntax error ends the reading, a doubled key is only noted. */
  static JsonNode read(String file, String yaml, Problems problems) throws ConfigException {
    try (JsonParser parser = YAML.createParser(ObjectReadContext.empty(), yaml)) {
      return new YamlTree(file, problems, parser).document();
    } catch (JacksonException e) {
      int line = Math.max(1, e.getLocation() == null ? 1 : e.getLocation().getLineNr());
      throw new ConfigException(
          file + ":" + line + ": not YAML: " + reason(e) + "; correct the line");
    }
  }

  private JsonNode document() throws ConfigException {
    if (parser.nextToken() == null) {
      throw new ConfigException(
          file + ":1: the file is empty; it needs at least 'machine: {name: x}'");
    }
    JsonNode root = value("");
    if (parser.nextToken() != null) {
      throw failure("a second document starts here; one file describes one machine");
    }
    return root;
  }

  private JsonNode value(String path) throws ConfigException {
    problems.locate(path, line());
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
      int line = line();
      if (mapping.has(key)) {
        int first = problems.line(child);
        problems.locate(child, line);
        problems.add(child, "given twice, first in line " + first + "; keep one of them");
      }
      parser.nextToken();
      JsonNode value = value(child);
      problems.locate(child, line);
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

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private ConfigException failure(String sentence) {
    return new ConfigException(file + ":" + line() + ": " + sentence);
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
