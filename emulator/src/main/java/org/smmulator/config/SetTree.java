package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts the value of one {@link Setting} into the tree of a file, before that is compared with its
 * shape. Whatever encloses the value and is not in the file begins with its default.
 */
final class SetTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** What a list's element may be called by. */
  private static final List<String> NAMING = List.of("name", "id");

  private final Setting setting;
  private final Place place;
  private final Problems problems;

  private SetTree(Setting setting, Problems problems) {
    this.setting = setting;
    this.problems = problems;
    place = Place.option(setting.option());
  }

  /** A root that is no section is left for the shape to complain of. */
  static void put(Setting setting, JsonNode root, Problems problems) throws ConfigException {
    if (root.isObject()) {
      new SetTree(setting, problems).changed(root, MachineConfig.class, "", setting.path());
    }
  }

  /** What stands at a path once the rest of the setting's path has been followed from there. */
  private JsonNode changed(JsonNode node, Type type, String path, List<Setting.Part> rest)
      throws ConfigException {
    if (rest.isEmpty()) {
      problems.forget(path);
      problems.locate(path, place);
      JsonNode value = YamlTree.read(place, setting.yaml(), path, problems);
      return value.isMissingNode() ? NODES.nullNode() : value;
    }
    Setting.Part next = rest.get(0);
    List<Setting.Part> further = rest.subList(1, rest.size());
    return next.isElement()
        ? withElement(node, type, path, next.text(), further)
        : withMember(node, type, path, next.text(), further);
  }

  private JsonNode withMember(
      JsonNode node, Type type, String path, String key, List<Setting.Part> rest)
      throws ConfigException {
    JsonNode opened = isSection(type) ? Shape.writtenOut(node, (Class<?>) type) : node;
    ObjectNode section = opened.isNull() ? NODES.objectNode() : object(opened, path, key);
    RecordComponent component = component(type, key);
    String child = Problems.child(path, key);
    JsonNode there = section.get(key);
    if (there == null) {
      problems.locate(child, place);
      there = component == null ? NODES.nullNode() : Shape.fallback(Shape.key(component));
    }
    Type below = component == null ? stepOf(type, key) : component.getGenericType();
    return section.set(key, changed(there, below, child, rest));
  }

  private ObjectNode object(JsonNode node, String path, String key) throws ConfigException {
    if (node instanceof ObjectNode section) {
      return section;
    }
    if (node instanceof ArrayNode list) {
      String element = list.isEmpty() ? "0" : words(list).get(0);
      String example = path + "[" + element + "]." + key;
      throw wrong(path, "is a list; name one of its elements, as in " + example);
    }
    throw wrong(path, "is a single value; leave out '." + key + "'");
  }

  private static @Nullable RecordComponent component(Type type, String key) {
    return isSection(type) ? Shape.components((Class<?>) type).get(key) : null;
  }

  private static boolean isSection(Type type) {
    return type instanceof Class<?> record && record.isRecord();
  }

  private static Type stepOf(Type type, String key) {
    return type == Step.class ? Shape.steps().getOrDefault(key, Object.class) : Object.class;
  }

  private JsonNode withElement(
      JsonNode node, Type type, String path, String word, List<Setting.Part> rest)
      throws ConfigException {
    JsonNode opened = node.isNull() ? NODES.arrayNode() : node;
    if (!(opened instanceof ArrayNode list)) {
      throw wrong(path, "is not a list; leave out '[" + word + "]'");
    }
    int index = index(list, word, path);
    String child = Problems.element(path, index);
    if (index == list.size()) {
      problems.locate(child, place);
      list.addNull();
    }
    Type below = type instanceof ParameterizedType of ? of.getActualTypeArguments()[0] : type;
    list.set(index, changed(list.get(index), below, child, rest));
    return list;
  }

  /** By number, where the one after the last stands for a new element, or by name or id. */
  private int index(ArrayNode list, String word, String path) throws ConfigException {
    for (int i = 0; i < list.size(); i++) {
      for (String naming : NAMING) {
        if (list.get(i).path(naming).asString("").equals(word)) {
          return i;
        }
      }
    }
    if (word.matches("[0-9]{1,6}") && Integer.parseInt(word) <= list.size()) {
      return Integer.parseInt(word);
    }
    List<String> words = words(list);
    words.add(list.size() + " (a new one)");
    String right = Wording.meantOr("use ", word, words);
    throw wrong(path, "there is no element '" + word + "'; " + right);
  }

  /** What each element can be called. */
  private static List<String> words(ArrayNode list) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String index = Integer.toString(i);
      JsonNode element = list.get(i);
      words.add(element.path("name").asString(element.path("id").asString(index)));
    }
    return words;
  }

  private ConfigException wrong(String path, String sentence) {
    return new ConfigException(place + ": " + path + ": " + sentence);
  }
}
