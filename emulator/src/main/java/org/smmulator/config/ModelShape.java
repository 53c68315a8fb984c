package org.smmulator.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import org.smmulator.device.ModelOption.Choice;
import org.smmulator.device.ModelOption.Flag;
import org.smmulator.device.ModelOption.Text;
import org.smmulator.device.ModelOption.Whole;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares what a section gives beside its key {@code model} with the options of that model. They
 * are as any other keys to who writes a file.
 */
final class ModelShape {
  static final String KEY = "model";

  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Problems problems;
  private final DeviceTypes types = DeviceTypes.offered();

  ModelShape(Problems problems) {
    this.problems = problems;
  }

  /** What {@code model} may be. */
  static List<String> names() {
    return DeviceTypes.offered().names();
  }

  /** The type that a section names, if it is one. */
  @Nullable KnownType type(ObjectNode section) {
    JsonNode name = section.get(KEY);
    return name == null || !name.isString() ? null : types.named(name.stringValue());
  }

  /** The keys that a section may have because of its model. */
  static List<String> keys(@Nullable KnownType type) {
    return type == null ? List.of() : type.options().stream().map(ModelOption::name).toList();
  }

  /** Whether a key is an option of another model than the section's; then it is said so. */
  boolean isOfAnother(String key, @Nullable KnownType type, String path) {
    List<String> others =
        types.all().stream()
            .filter(other -> other != type && other.option(key) != null)
            .map(KnownType::name)
            .toList();
    if (others.isEmpty()) {
      return false;
    }
    if (type != null) { // with a wrong model anything may be meant
      problems.add(
          path,
          "an option of %s, and the model is %s; remove it"
              .formatted(String.join(" and ", others), type.name()));
    }
    return true;
  }

  /** A model with a value for each of its options, as {@link ModelChoice} is bound to. */
  ObjectNode complete(KnownType type, ObjectNode section, String path) {
    ObjectNode options = NODES.objectNode();
    for (ModelOption option : type.options()) {
      JsonNode given = section.get(option.name());
      options.set(
          option.name(),
          given == null
              ? fallback(option)
              : value(given, option, Problems.child(path, option.name())));
    }
    ObjectNode choice = NODES.objectNode().put("name", type.name());
    choice.set("options", options);
    return choice;
  }

  static JsonNode fallback(ModelOption option) {
    return JSON.valueToTree(option.fallback());
  }

  /** A value, if it is right; otherwise something else, and a problem. */
  JsonNode value(JsonNode given, ModelOption option, String path) {
    JsonNode plain = option instanceof Whole ? Shape.plain(given, long.class) : given;
    String complaint = complaint(plain, option);
    if (complaint != null) {
      problems.add(path, complaint);
    }
    return plain;
  }

  private static @Nullable String complaint(JsonNode node, ModelOption option) {
    if (node.isNull()) {
      return "has no value; use " + right(option);
    }
    if (option instanceof Whole whole) {
      return number(node, whole);
    }
    if (option instanceof Flag) {
      return node.isBoolean() ? null : Wording.spell(node) + " is not a switch; use true or false";
    }
    if (!node.isString()) {
      return Wording.spell(node) + " is not text; use " + right(option) + ", in quotes if need be";
    }
    if (option instanceof Choice choice) {
      return Wording.name(node.stringValue(), choice.words());
    }
    return Text.isRight(node.stringValue())
        ? null
        : Wording.spell(node) + " is not right; use " + right(option);
  }

  private static @Nullable String number(JsonNode node, Whole whole) {
    if (!node.isIntegralNumber()) {
      return Wording.spell(node) + " is not a whole number; use " + right(whole);
    }
    boolean inRange =
        node.canConvertToLong()
            && node.longValue() >= whole.min()
            && node.longValue() <= whole.max();
    return inRange ? null : node.asString() + " is out of range; use " + right(whole);
  }

  /** What would be right, as the end of a sentence that goes "use ...". */
  static String right(ModelOption option) {
    if (option instanceof Whole whole) {
      String unit = whole.unit().isEmpty() ? "" : " " + whole.unit();
      return whole.min() + " to " + whole.max() + unit;
    }
    if (option instanceof Flag) {
      return "true or false";
    }
    return option instanceof Choice choice
        ? Wording.list(choice.words())
        : "up to " + Text.MOST_CHARACTERS + " printable characters";
  }
}
