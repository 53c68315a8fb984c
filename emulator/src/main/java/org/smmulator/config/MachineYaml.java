package org.smmulator.config;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** A machine as a machine file that gives every key, and is read as the same machine. */
public final class MachineYaml {
  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .build();

  private MachineYaml() {}

  public static String write(MachineConfig machine) {
    return YAML.writeValueAsString(section(machine));
  }

  private static ObjectNode section(Record record) {
    ObjectNode section = NODES.objectNode();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = valueOf(component, record);
      if (value instanceof ModelChoice model) {
        section.put(component.getName(), model.name());
        model.options().forEach((name, chosen) -> section.set(name, JSON.valueToTree(chosen)));
        continue;
      }
      String word = Shape.key(component).wordForZero();
      boolean isWord = !word.isEmpty() && Integer.valueOf(0).equals(value);
      section.set(component.getName(), isWord ? NODES.stringNode(word) : node(value));
    }
    return section;
  }

  private static JsonNode node(@Nullable Object value) {
    if (value instanceof Step step) {
      return NODES.objectNode().set(step.word(), section((Record) step));
    }
    if (value instanceof List<?> list) {
      ArrayNode array = NODES.arrayNode();
      list.forEach(element -> array.add(node(element)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode mapping = NODES.objectNode();
      map.forEach((key, element) -> mapping.set(key.toString(), node(element)));
      return mapping;
    }
    if (value instanceof Record record && !Shape.isText(record.getClass())) {
      return section(record);
    }
    return value instanceof Record ? NODES.stringNode(value.toString()) : JSON.valueToTree(value);
  }

  private static @Nullable Object valueOf(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }
}
