package org.smmulator.config;

import org.jspecify.annotations.Nullable;
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
 * Reads one YAML document into a tree and notes the place of every path. What an alias names, or a
 * file that is included, is copied to where it is used; how much may be copied is bounded.
 */
final class YamlTree {
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final String MERGE = "<<";
  private static final String INCLUDE = "include";

  private final Place start;
  private final Problems problems;
  private final JsonParser parser;
  private final @Nullable Includes includes;
  private final TreeCopy copy;
  private final YamlAnchors anchors;

  /** What an include made a list of; in a list its elements stand there. */
  private @Nullable JsonNode included;

  private YamlTree(
      Place start,
      Problems problems,
      JsonParser parser,
      @Nullable Includes includes,
      TreeCopy copy,
      YamlAnchors anchors) {
    this.start = start;
    this.problems = problems;
    this.parser = parser;
    this.includes = includes;
    this.copy = copy;
    this.anchors = anchors;
  }

  /**
   * A file's root; a syntax error ends the reading, a doubled key is only noted.
   *
   * @param includes what it may include; null for nothing
   */
  static JsonNode read(String file, String yaml, Problems problems, @Nullable Includes includes)
      throws ConfigException {
    Place start = new Place(file, 1);
    JsonNode root = read(start, yaml, "", problems, includes, new TreeCopy(problems));
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
    return read(start, yaml, path, problems, null, new TreeCopy(problems));
  }

  private static JsonNode read(
      Place start,
      String yaml,
      String path,
      Problems problems,
      @Nullable Includes includes,
      TreeCopy copy)
      throws ConfigException {
    try (JsonParser parser = YAML.createParser(ObjectReadContext.empty(), yaml)) {
      YamlAnchors anchors = new YamlAnchors(yaml);
      return new YamlTree(start, problems, parser, includes, copy, anchors).document(path);
    } catch (TreeCopy.TooLarge e) {
      throw new ConfigException(start + ": " + e.getMessage());
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
      return alias(parser.getString(), path);
    }
    Object id = parser.getObjectId();
    String anchor = id == null ? anchors.ofScalar(parser.currentTokenLocation()) : id.toString();
    JsonNode value =
        switch (parser.currentToken()) {
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
    if (anchor != null) {
      anchors.put(anchor, value, path);
    }
    return value;
  }

  private JsonNode alias(String name, String path) throws ConfigException {
    YamlAnchors.Anchored named = anchors.get(name);
    if (named == null) {
      throw failure("'*" + name + "' names nothing that is complete above; add '&" + name + "'");
    }
    return copy.of(named.value(), named.path(), path);
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
    merge(mapping, path);
    return include(mapping, path);
  }

  /** Puts in what merge keys name, under what is written here. */
  private void merge(ObjectNode mapping, String path) {
    JsonNode merged = mapping.remove(MERGE);
    if (merged == null) {
      return;
    }
    String from = Problems.child(path, MERGE);
    if (merged instanceof ObjectNode one) {
      copy.missing(one, from, mapping, path);
    } else if (merged.isArray() && merged.valueStream().allMatch(JsonNode::isObject)) {
      for (int i = 0; i < merged.size(); i++) {
        copy.missing((ObjectNode) merged.get(i), Problems.element(from, i), mapping, path);
      }
    } else {
      problems.add(from, "takes a mapping, or a list of them; use '<<: *name'");
    }
  }

  /** Puts in the file that a section includes, under what is written here. */
  private JsonNode include(ObjectNode mapping, String path) throws ConfigException {
    JsonNode name = mapping.get(INCLUDE);
    if (includes == null || name == null || !name.isString()) {
      return mapping;
    }
    mapping.remove(INCLUDE);
    String from = Problems.child(path, INCLUDE);
    Place here = problems.place(from);
    Includes other;
    String text;
    try {
      other = includes.include(name.stringValue());
      text = other.text();
    } catch (IllegalArgumentException e) {
      throw new ConfigException(here + ": " + from + ": " + e.getMessage());
    }
    JsonNode root = read(new Place(other.name(), 1), text, from, problems, other, copy);
    if (root instanceof ObjectNode section) {
      copy.missingWithin(section, from, mapping, path);
      return mapping;
    }
    if (root.isArray() && mapping.isEmpty()) {
      included = copy.of(root, from, path);
      return included;
    }
    String found = root.isMissingNode() ? "empty" : "no section";
    throw new ConfigException(
        here
            + ": "
            + from
            + ": "
            + other.name()
            + " is "
            + found
            + "; name a file with keys"
            + (mapping.isEmpty() ? ", or with a list" : ""));
  }

  @SuppressWarnings("ReferenceEquality") // whether it is the one that was just included
  private JsonNode list(String path) throws ConfigException {
    ArrayNode list = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      String element = Problems.element(path, list.size());
      JsonNode value = value(element);
      if (value == included) {
        included = null;
        for (int i = 0; i < value.size(); i++) {
          String from = Problems.element(Problems.child(element, INCLUDE), i);
          list.add(copy.of(value.get(i), from, Problems.element(path, list.size())));
        }
      } else {
        list.add(value);
      }
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
