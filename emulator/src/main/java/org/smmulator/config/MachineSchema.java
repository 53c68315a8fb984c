package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON schema of machine files, for editors, from the records and from the device models that
 * the process has.
 */
public final class MachineSchema {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private MachineSchema() {}

  /** As JSON, with a line break at its end. */
  public static String write() {
    return JSON.writeValueAsString(schema()) + "\n";
  }

  private static ObjectNode schema() {
    ObjectNode schema = NODES.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Smmulator machine file");
    schema.put("description", "Numbers are decimal, or hexadecimal after 0x.");
    schema.setAll(section(MachineConfig.class));
    schema.putObject("$defs").set("step", step());
    return schema;
  }

  private static ObjectNode section(Class<?> record) {
    ObjectNode section = NODES.objectNode();
    section.put("type", "object");
    section.put("additionalProperties", false);
    ArrayNode required = NODES.arrayNode();
    ObjectNode properties = NODES.objectNode();
    for (RecordComponent component : record.getRecordComponents()) {
      Key key = Shape.key(component);
      if (Shape.required(key)) {
        required.add(component.getName());
      }
      properties.set(component.getName(), property(component, key));
    }
    if (!required.isEmpty()) {
      section.set("required", required);
    }
    section.set("properties", properties);
    return section;
  }

  private static ObjectNode property(RecordComponent component, Key key) {
    ObjectNode property = NODES.objectNode();
    String unit = key.unit().isEmpty() ? "" : " Unit: " + key.unit() + ".";
    property.put("description", key.meaning() + unit);
    if (!Shape.required(key)) {
      property.set("default", Shape.fallback(key));
    }
    ObjectNode value = value(component.getGenericType(), key);
    if (key.nullable()) {
      property.set(
          "anyOf", NODES.arrayNode().add(value).add(NODES.objectNode().put("type", "null")));
    } else {
      property.setAll(value);
    }
    return property;
  }

  private static ObjectNode value(Type type, Key key) {
    if (type instanceof ParameterizedType map && Shape.isMap(map)) {
      ObjectNode mapping = NODES.objectNode().put("type", "object");
      if (key.nonEmpty()) {
        mapping.put("minProperties", 1);
      }
      mapping.set("propertyNames", value(Shape.argument(map, 0), key));
      mapping.set("additionalProperties", value(Shape.argument(map, 1), key));
      return mapping;
    }
    if (type instanceof ParameterizedType list) {
      ObjectNode array = NODES.objectNode().put("type", "array");
      if (key.nonEmpty()) {
        array.put("minItems", 1);
      }
      array.set("items", value(list.getActualTypeArguments()[0], key));
      return array;
    }
    if (type == Step.class) {
      return NODES.objectNode().put("$ref", "#/$defs/step"); // steps may have steps inside
    }
    return scalarOrSection((Class<?>) type, key);
  }

  private static ObjectNode scalarOrSection(Class<?> type, Key key) {
    if (type == DeviceConfig.class) {
      return device();
    }
    if (type.isRecord() && !Shape.isText(type)) {
      RecordComponent shorthand = Shape.shorthand(type);
      return shorthand == null ? section(type) : sectionOr(shorthand, section(type));
    }
    if (type == boolean.class) {
      return NODES.objectNode().put("type", "boolean");
    }
    if (type.isEnum()) {
      ArrayNode names = NODES.arrayNode();
      Shape.names(type).forEach(name -> names.add(name(name)));
      ObjectNode one = NODES.objectNode();
      one.set("enum", names);
      return one;
    }
    if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
      return key.wordForZero().isEmpty() ? number(key) : numberOrWord(key);
    }
    if (type == ModelChoice.class) {
      return NODES.objectNode();
    }
    String expression =
        type == AtcGeometry.class
            ? AtcGeometry.EXPRESSION
            : type == PciAddress.class
                ? PciAddress.EXPRESSION
                : type == PortAddress.class
                    ? PortAddress.EXPRESSION
                    : type == EventName.class ? EventName.EXPRESSION : key.syntax().expression();
    return NODES.objectNode().put("type", "string").put("pattern", "^" + expression + "$");
  }

  /** A section for each model: the keys of all devices and those of the model. */
  private static ObjectNode device() {
    ArrayNode models = NODES.arrayNode();
    for (KnownType type : DeviceTypes.offered().all()) {
      ObjectNode section = section(DeviceConfig.class);
      ObjectNode properties = (ObjectNode) section.get("properties");
      ObjectNode model = (ObjectNode) properties.get(ModelShape.KEY);
      model.put("const", type.name());
      model.put("description", type.help());
      type.options().forEach(option -> properties.set(option.name(), option(option)));
      models.add(section);
    }
    ObjectNode device = NODES.objectNode();
    device.set("oneOf", models);
    return device;
  }

  private static ObjectNode option(ModelOption option) {
    ObjectNode property = NODES.objectNode();
    property.put("description", option.help());
    property.set("default", ModelShape.fallback(option));
    if (option instanceof ModelOption.Whole whole) {
      String unit = whole.unit().isEmpty() ? "" : " Unit: " + whole.unit() + ".";
      property.put("description", option.help() + unit);
      property.put("type", "integer").put("minimum", whole.min()).put("maximum", whole.max());
    } else if (option instanceof ModelOption.Flag) {
      property.put("type", "boolean");
    } else if (option instanceof ModelOption.Choice choice) {
      ArrayNode words = NODES.arrayNode();
      choice.words().forEach(words::add);
      property.set("enum", words);
    } else {
      property.put("type", "string").put("maxLength", ModelOption.Text.MOST_CHARACTERS);
    }
    return property;
  }

  /** A version is written without quotes, and then it is a number. */
  private static JsonNode name(String name) {
    return name.matches("[0-9]+\\.[0-9]+")
        ? NODES.numberNode(Double.parseDouble(name))
        : NODES.stringNode(name);
  }

  private static ObjectNode numberOrWord(Key key) {
    ObjectNode either = NODES.objectNode();
    either.set(
        "anyOf",
        NODES.arrayNode().add(number(key)).add(NODES.objectNode().put("const", key.wordForZero())));
    return either;
  }

  private static ObjectNode sectionOr(RecordComponent shorthand, ObjectNode section) {
    ObjectNode alone = value(shorthand.getGenericType(), Shape.key(shorthand));
    ObjectNode either = NODES.objectNode();
    either.set("anyOf", NODES.arrayNode().add(section).add(alone));
    return either;
  }

  private static ObjectNode number(Key key) {
    ObjectNode number = NODES.objectNode().put("type", "integer");
    ArrayNode right = NODES.arrayNode();
    for (long one : key.oneOf()) {
      right.add(one);
    }
    if (key.powerOfTwo()) {
      if (key.min() == 0) {
        right.add(0);
      }
      for (long one = Math.max(1, key.min()); one <= key.max(); one *= 2) {
        right.add(one);
      }
    }
    if (right.isEmpty()) {
      return number.put("minimum", key.min()).put("maximum", key.max());
    }
    number.set("enum", right);
    return number;
  }

  private static ObjectNode step() {
    ArrayNode kinds = NODES.arrayNode();
    Shape.steps()
        .forEach(
            (name, record) -> {
              ObjectNode kind = NODES.objectNode().put("type", "object");
              kind.put("additionalProperties", false);
              kind.set("required", NODES.arrayNode().add(name));
              ObjectNode properties = NODES.objectNode();
              properties.set(name, section(record));
              kind.set("properties", properties);
              kinds.add(kind);
            });
    ObjectNode step = NODES.objectNode();
    step.set("oneOf", kinds);
    return step;
  }
}
