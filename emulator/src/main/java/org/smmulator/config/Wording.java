package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import tools.jackson.databind.JsonNode;

/** What is wrong with a value and what would be right, in the words of a complaint. */
final class Wording {
  private Wording() {}

  /** What would be right, as the end of a sentence that goes "use ...". */
  static String right(Type type, Key key) {
    if (type instanceof ParameterizedType map && Shape.isMap(map)) {
      return "a mapping of "
          + right(Shape.argument(map, 0), key)
          + " to "
          + right(Shape.argument(map, 1), key);
    }
    if (type instanceof ParameterizedType listType) {
      Type element = Shape.argument(listType, 0);
      boolean section = element instanceof Class<?> c && c.isRecord() && !Shape.isText(c);
      return "a list of " + (section ? "sections with " : "") + right(element, key);
    }
    if (type == String.class) {
      return key.syntax().right();
    }
    if (type == PciAddress.class) {
      return "BUS:DEVICE.FUNCTION, such as 00:04.0";
    }
    if (type == PortAddress.class) {
      return PortAddress.RIGHT;
    }
    if (type == ModelChoice.class) {
      return list(ModelShape.names());
    }
    if (type == AtcGeometry.class) {
      return "SETSxWAYS, such as 64x4";
    }
    if (type == EventName.class) {
      return "a kind of event or an opcode, such as pageRequest or ATC_INV";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == Step.class) {
      return "steps such as '- verify: {process: alice}'";
    }
    if (type instanceof Class<?> c && c.isEnum()) {
      return list(Shape.names(c));
    }
    if (type instanceof Class<?> c && c.isRecord()) {
      return keys(c);
    }
    return numbers(key);
  }

  private static String numbers(Key key) {
    String unit = key.unit().isEmpty() ? "" : " " + key.unit();
    if (key.oneOf().length > 0) {
      List<String> all = new ArrayList<>();
      for (long right : key.oneOf()) {
        all.add(Long.toString(right));
      }
      return list(all) + unit;
    }
    String word = key.wordForZero().isEmpty() ? "" : " or " + key.wordForZero();
    String zero = key.powerOfTwo() && key.min() == 0 ? "0 or " : "";
    String form =
        key.powerOfTwo() ? "a power of two from " + Math.max(1, key.min()) : "" + key.min();
    return zero + form + " to " + key.max() + unit + word;
  }

  /** The keys of a section, of which only some are required. */
  static String keys(Class<?> record) {
    List<String> keys = new ArrayList<>();
    Shape.components(record)
        .forEach(
            (name, component) ->
                keys.add(Shape.required(Shape.key(component)) ? name + " (required)" : name));
    return keys.size() == 1 ? "the key " + keys.get(0) : "the keys " + list(keys, "and");
  }

  static String list(Collection<String> names) {
    return list(List.copyOf(names), "or");
  }

  private static String list(List<String> all, String before) {
    int last = all.size() - 1;
    return last == 0
        ? all.get(0)
        : String.join(", ", all.subList(0, last)) + " " + before + " " + all.get(last);
  }

  /** A value as people would name it, short. */
  static String spell(JsonNode node) {
    if (node.isNull()) {
      return "nothing";
    }
    if (node.isObject()) {
      return node.isEmpty() ? "an empty mapping" : "a mapping";
    }
    if (node.isArray()) {
      return "a list";
    }
    String text = node.asString();
    String shown = text.length() <= 60 ? text : text.substring(0, 57) + "...";
    return node.isString() ? "'" + shown + "'" : shown;
  }

  static @Nullable String name(String text, List<String> names) {
    if (names.contains(text)) {
      return null;
    }
    return "'" + text + "' is not right; " + meantOr("use ", text, names);
  }

  /** The end of a sentence about an unknown name: those that may be meant, or all there are. */
  static String meantOr(String otherwise, String wrong, Collection<String> names) {
    List<String> meant = Suggestion.closest(wrong, names);
    return meant.isEmpty() ? otherwise + list(names) : "did you mean " + list(meant) + "?";
  }
}
