package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonTypeName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.KnownType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Compares a tree with the records and their {@link Key}s, names every difference, and fills in the
 * defaults, so that binding what passed cannot fail.
 */
final class Shape {
  private static final JsonMapper JSON = new JsonMapper();
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern HEXADECIMAL = Pattern.compile("0[xX]([0-9a-fA-F]{1,64})");
  private static final Map<Type, Consumer<String>> PARSED =
      Map.of(
          AtcGeometry.class, AtcGeometry::parse,
          EventName.class, EventName::parse,
          PciAddress.class, PciAddress::parse,
          PortAddress.class, PortAddress::parse);

  private final Problems problems;

  Shape(Problems problems) {
    this.problems = problems;
  }

  JsonNode complete(JsonNode root, Class<?> record) {
    return mapping(root, record, "");
  }

  /** The components of a record by the name of their key, in order. */
  static Map<String, RecordComponent> components(Class<?> record) {
    Map<String, RecordComponent> components = new LinkedHashMap<>();
    for (RecordComponent component : record.getRecordComponents()) {
      components.put(component.getName(), component);
    }
    return components;
  }

  /** Whether a record stands in a file as one text. */
  static boolean isText(Type record) {
    return PARSED.containsKey(record) || record == ModelChoice.class;
  }

  static Key key(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(component + " has no @Key");
    }
    return key;
  }

  static boolean required(Key key) {
    return key.fallback().isEmpty() && !key.nullable();
  }

  static JsonNode fallback(Key key) {
    return key.fallback().isEmpty() ? NODES.nullNode() : YAML.readTree(key.fallback());
  }

  /** The steps by the name of their single key. */
  static Map<String, Class<?>> steps() {
    Map<String, Class<?>> steps = new TreeMap<>();
    collect(Step.class, steps);
    return steps;
  }

  private static void collect(Class<?> family, Map<String, Class<?>> steps) {
    for (Class<?> step : family.getPermittedSubclasses()) {
      if (step.isInterface()) {
        collect(step, steps);
      } else {
        steps.put(step.getAnnotation(JsonTypeName.class).value(), step);
      }
    }
  }

  /** The names of an enum as they are spelled in a file. */
  static List<String> names(Class<?> enumeration) {
    List<String> names = new ArrayList<>();
    for (Object constant : enumeration.getEnumConstants()) {
      names.add(JSON.valueToTree(constant).stringValue());
    }
    return names;
  }

  /** The key of a section that may stand for the section, if there is one. */
  static @Nullable RecordComponent shorthand(Class<?> record) {
    for (RecordComponent component : record.getRecordComponents()) {
      if (key(component).shorthand()) {
        return component;
      }
    }
    return null;
  }

  /** A section, also where a single value stands for it. */
  static JsonNode writtenOut(JsonNode node, Class<?> record) {
    RecordComponent shorthand = shorthand(record);
    return shorthand != null && mayBe(node, shorthand.getType())
        ? NODES.objectNode().set(shorthand.getName(), node)
        : node;
  }

  /** Whether a single value may be of a type, or stand for a section of it. */
  private static boolean mayBe(JsonNode node, Class<?> type) {
    RecordComponent inner = type.isRecord() && !isText(type) ? shorthand(type) : null;
    if (inner != null) {
      return mayBe(node, inner.getType());
    }
    return node.isString() || (node.isNumber() && isNumber(type));
  }

  private JsonNode mapping(JsonNode written, Class<?> record, String path) {
    JsonNode node = writtenOut(written, record);
    Map<String, RecordComponent> components = components(record);
    if (!(node instanceof ObjectNode given)) {
      problems.add(path, Wording.spell(node) + " is not a section; use " + Wording.keys(record));
      return node;
    }
    return choosesModel(components)
        ? withModel(given, components, path)
        : members(given, components, components.keySet(), path);
  }

  private static boolean choosesModel(Map<String, RecordComponent> components) {
    RecordComponent model = components.get(ModelShape.KEY);
    return model != null && model.getType() == ModelChoice.class;
  }

  /** A section whose model has keys of its own. */
  private JsonNode withModel(
      ObjectNode section, Map<String, RecordComponent> components, String path) {
    ModelShape models = new ModelShape(problems);
    KnownType type = models.type(section);
    List<String> keys = new ArrayList<>(components.keySet());
    keys.addAll(ModelShape.keys(type));
    ObjectNode given = section.deepCopy();
    for (String name : section.propertyNames()) {
      if (!keys.contains(name) && models.isOfAnother(name, type, Problems.child(path, name))) {
        given.remove(name);
      }
    }
    ObjectNode complete = members(given, components, keys, path);
    if (type != null) {
      complete.set(ModelShape.KEY, models.complete(type, section, path));
    }
    return complete;
  }

  /**
   * @param right the keys that the section may have
   */
  private ObjectNode members(
      ObjectNode given,
      Map<String, RecordComponent> components,
      Collection<String> right,
      String path) {
    for (String name : given.propertyNames()) {
      if (!right.contains(name)) {
        String wrong = "unknown key; " + Wording.meantOr("right are ", name, right);
        problems.add(Problems.child(path, name), wrong);
      }
    }
    ObjectNode complete = NODES.objectNode();
    components.forEach(
        (name, component) -> complete.set(name, member(given.get(name), component, path)));
    return complete;
  }

  private JsonNode member(@Nullable JsonNode node, RecordComponent component, String path) {
    Key key = key(component);
    String child = Problems.child(path, component.getName());
    Type type = component.getGenericType();
    if (node == null && required(key)) {
      problems.add(child, "missing; add " + Wording.right(type, key));
      return NODES.nullNode();
    }
    JsonNode present = node == null ? fallback(key) : node;
    if (present.isNull()) {
      if (!key.nullable()) {
        problems.add(child, "has no value; use " + Wording.right(type, key));
      }
      return present;
    }
    return value(present, type, key, child);
  }

  private JsonNode value(JsonNode node, Type type, Key key, String path) {
    if (type instanceof ParameterizedType of) {
      return isMap(of) ? map(node, of, key, path) : list(node, argument(of, 0), key, path);
    }
    if (type == Step.class) {
      return step(node, path);
    }
    if (type instanceof Class<?> record && record.isRecord() && !isText(type)) {
      return mapping(node, record, path);
    }
    if (node.isString() && stands(node.stringValue(), key)) {
      return NODES.numberNode(0);
    }
    JsonNode plain = plain(node, type);
    @Nullable String complaint = complaint(plain, type, key);
    if (complaint != null) {
      problems.add(path, complaint);
    }
    return plain;
  }

  /** Whether the text is the word for zero; most keys have none. */
  private static boolean stands(String text, Key key) {
    return !text.isEmpty() && text.equals(key.wordForZero());
  }

  /** Numbers may be hexadecimal, which Jackson's YAML takes for text; names may be numbers. */
  static JsonNode plain(JsonNode node, Type type) {
    if (node.isNumber() && isEnum(type)) {
      return NODES.stringNode(node.asString());
    }
    if (node.isString() && isNumber(type)) {
      Matcher hexadecimal = HEXADECIMAL.matcher(node.stringValue());
      return hexadecimal.matches()
          ? NODES.numberNode(new BigInteger(hexadecimal.group(1), 16))
          : node;
    }
    return node;
  }

  private static boolean isEnum(Type type) {
    return type instanceof Class<?> enumeration && enumeration.isEnum();
  }

  static boolean isNumber(Type type) {
    return type == int.class || type == Integer.class || type == long.class || type == Long.class;
  }

  private JsonNode list(JsonNode node, Type element, Key key, String path) {
    if (!(node instanceof ArrayNode given)) {
      problems.add(
          path, Wording.spell(node) + " is not a list; use [" + Wording.right(element, key) + "]");
      return node;
    }
    if (given.isEmpty() && key.nonEmpty()) {
      problems.add(path, "the list is empty; use at least one: " + Wording.right(element, key));
    }
    ArrayNode complete = NODES.arrayNode();
    for (int i = 0; i < given.size(); i++) {
      complete.add(value(given.get(i), element, key, Problems.element(path, i)));
    }
    return complete;
  }

  /** Whether a component is a mapping of names that the file chooses. */
  static boolean isMap(ParameterizedType type) {
    return type.getRawType() == Map.class;
  }

  static Type argument(ParameterizedType type, int place) {
    return type.getActualTypeArguments()[place];
  }

  private JsonNode map(JsonNode node, ParameterizedType type, Key key, String path) {
    if (!(node instanceof ObjectNode given)) {
      problems.add(
          path, Wording.spell(node) + " is not a mapping; use " + Wording.right(type, key));
      return node;
    }
    if (given.isEmpty() && key.nonEmpty()) {
      problems.add(path, "the mapping is empty; use " + Wording.right(type, key));
    }
    ObjectNode complete = NODES.objectNode();
    for (String name : given.propertyNames()) {
      String child = Problems.child(path, name);
      @Nullable String complaint = complaint(NODES.stringNode(name), argument(type, 0), key);
      if (complaint != null) {
        problems.add(child, complaint);
      }
      complete.set(name, value(given.get(name), argument(type, 1), key, child));
    }
    return complete;
  }

  JsonNode step(JsonNode node, String path) {
    Map<String, Class<?>> steps = steps();
    if (!(node instanceof ObjectNode given) || given.size() != 1) {
      problems.add(
          path,
          Wording.spell(node) + " is not a step; use one key of " + Wording.list(steps.keySet()));
      return node;
    }
    String name = given.propertyNames().iterator().next();
    Class<?> step = steps.get(name);
    if (step == null) {
      String right = "unknown step; " + Wording.meantOr("right are ", name, steps.keySet());
      problems.add(Problems.child(path, name), right);
      return node;
    }
    ObjectNode complete = NODES.objectNode();
    complete.set(name, mapping(given.get(name), step, Problems.child(path, name)));
    return complete;
  }

  private static @Nullable String complaint(JsonNode node, Type type, Key key) {
    if (isNumber(type)) {
      return number(node, key);
    }
    if (type == boolean.class) {
      return node.isBoolean() ? null : Wording.spell(node) + " is not a switch; use true or false";
    }
    if (!node.isString()) {
      return Wording.spell(node)
          + " is not text; use "
          + Wording.right(type, key)
          + ", in quotes if need be";
    }
    return text(node.stringValue(), type, key);
  }

  private static @Nullable String text(String text, Type type, Key key) {
    Consumer<String> parser = PARSED.get(type);
    if (parser != null) {
      try {
        parser.accept(text);
        return null;
      } catch (IllegalArgumentException e) {
        return e.getMessage();
      }
    }
    if (type instanceof Class<?> enumeration && enumeration.isEnum()) {
      return Wording.name(text, names(enumeration));
    }
    if (type == ModelChoice.class) {
      return Wording.name(text, ModelShape.names());
    }
    return key.syntax().matches(text)
        ? null
        : "'" + text + "' is not right; use " + Wording.right(type, key);
  }

  private static @Nullable String number(JsonNode node, Key key) {
    if (!node.isIntegralNumber()) {
      return Wording.spell(node) + " is not a whole number; use " + Wording.right(int.class, key);
    }
    if (!node.canConvertToLong()) {
      return node.asString() + " is out of range; use " + Wording.right(int.class, key);
    }
    long number = node.longValue();
    boolean inRange = number >= key.min() && number <= key.max();
    if (key.oneOf().length > 0) {
      for (long right : key.oneOf()) {
        if (number == right) {
          return null;
        }
      }
      inRange = false;
    }
    if (!inRange) {
      return number + " is out of range; use " + Wording.right(int.class, key);
    }
    if (key.powerOfTwo() && Long.bitCount(number) > 1) {
      long below = Long.highestOneBit(number);
      return number + " is not a power of two; use " + below + " or " + below * 2;
    }
    return null;
  }
}
