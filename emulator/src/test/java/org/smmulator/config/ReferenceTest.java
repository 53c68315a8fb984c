package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.device.DeviceTypes;
import org.smmulator.device.KnownType;
import org.smmulator.device.ModelOption;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

class ReferenceTest {
  private static final Path REFERENCE = Configs.folder().resolve("reference.yaml");

  /** A key of a record as the reference first spells it. */
  private record Entry(Key key, JsonNode value) {
    /** Whether one that may be left out is given as if it were. */
    boolean isDefault() {
      return !Shape.required(key) && value.equals(Shape.fallback(key));
    }
  }

  static Stream<Path> configs() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String folder : List.of("", "linux", "linux/sva", "stories")) {
      try (Stream<Path> files = Files.list(Configs.folder().resolve(folder))) {
        all.addAll(files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList());
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void everyFileUnderConfigsIsUsable(Path file) throws ConfigException {
    assertThat(ConfigFile.load(file).machine().name()).isNotEmpty();
  }

  @Test
  void referenceListsEveryKeyWithItsDefault() throws IOException {
    Map<String, Entry> listed = new LinkedHashMap<>();
    collect(new YAMLMapper().readTree(Files.readString(REFERENCE)), MachineConfig.class, listed);

    List<String> expected = new ArrayList<>();
    for (Class<?> record : RecordTypes.all()) {
      for (String name : Shape.components(record).keySet()) {
        expected.add(record.getSimpleName() + "." + name);
      }
    }
    assertThat(listed.keySet()).containsExactlyInAnyOrderElementsOf(expected);
    listed.forEach(
        (name, entry) -> {
          if (!Shape.required(entry.key) && !isSection(entry.value)) {
            assertThat(entry.isDefault()).as("%s: %s", name, entry).isTrue();
          }
        });
  }

  @Test
  void referenceSaysUnitAndBoundsOrThatTheKeyIsRequired() throws IOException {
    List<String> lines = Files.readAllLines(REFERENCE);
    List<String> seen = new ArrayList<>();
    for (Class<?> record : RecordTypes.all()) {
      for (RecordComponent component : record.getRecordComponents()) {
        Key key = Shape.key(component);
        boolean said =
            occurrences(lines, component.getName()).stream().anyMatch(text -> says(text, key));
        assertThat(said).as("%s in reference.yaml: %s", component, key).isTrue();
        seen.add(component.getName());
      }
    }
    assertThat(seen).contains("tlbEntries", "prot", "loseInvalidation");
  }

  @Test
  void referenceListsEveryOptionOfABundledModelWithItsDefault() throws IOException {
    JsonNode devices = new YAMLMapper().readTree(Files.readString(REFERENCE)).get("devices");
    List<String> lines = Files.readAllLines(REFERENCE);
    for (KnownType type : DeviceTypes.offered().all()) {
      for (ModelOption option : type.options()) {
        assertThat(devices)
            .as("a %s with its default %s", type.name(), option)
            .anyMatch(
                device ->
                    device.get("model").asString().equals(type.name())
                        && ModelShape.fallback(option)
                            .asString()
                            .equals(device.path(option.name()).asString("")));
        if (option instanceof ModelOption.Whole whole) {
          assertThat(occurrences(lines, option.name()))
              .as("%s", option)
              .anyMatch(
                  said ->
                      said.contains("Of a")
                          && said.contains("Unit: " + whole.unit() + ";")
                          && said.contains("" + whole.max()));
        }
      }
    }
  }

  private static boolean says(String comment, Key key) {
    boolean unit = key.unit().isEmpty() || comment.contains("Unit: " + key.unit() + ";");
    boolean most = key.max() < 0 || key.oneOf().length > 0 || comment.contains("" + key.max());
    boolean required =
        !Shape.required(key) || comment.toLowerCase(Locale.ROOT).contains("required");
    return !comment.isEmpty() && unit && most && required;
  }

  /** The comments above each line that gives a key. */
  private static List<String> occurrences(List<String> lines, String name) {
    List<String> comments = new ArrayList<>();
    StringBuilder comment = new StringBuilder();
    for (String line : lines) {
      String text = line.strip();
      if (text.startsWith("#")) {
        comment.append(' ').append(text.substring(1).strip());
      } else {
        if (text.matches("(- )?" + name + ":.*")) {
          comments.add(comment.toString().strip());
        }
        comment.setLength(0);
      }
    }
    return comments;
  }

  private static boolean isSection(JsonNode value) {
    return value.isObject() || (value.isArray() && !value.isEmpty() && value.get(0).isObject());
  }

  private static void collect(JsonNode node, Class<?> record, Map<String, Entry> listed) {
    for (RecordComponent component : record.getRecordComponents()) {
      JsonNode value = node.get(component.getName());
      if (value == null) {
        continue;
      }
      String name = record.getSimpleName() + "." + component.getName();
      Entry entry = new Entry(Shape.key(component), value);
      listed.merge(name, entry, (first, next) -> first.isDefault() ? first : next);
      Class<?> type = component.getType();
      if (type == List.class) {
        Class<?> element =
            (Class<?>) ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
        value.forEach(item -> collectElement(item, element, listed));
      } else if (type == Map.class) {
        Type element = Shape.argument((ParameterizedType) component.getGenericType(), 1);
        value.forEach(item -> collectInMap(item, element, listed));
      } else if (type.isRecord() && value.isObject()) {
        collect(value, type, listed);
      }
    }
  }

  private static void collectInMap(JsonNode item, Type type, Map<String, Entry> listed) {
    if (type instanceof ParameterizedType list) {
      item.forEach(each -> collectElement(each, (Class<?>) Shape.argument(list, 0), listed));
    } else if (item.isObject()) {
      collect(item, (Class<?>) type, listed);
    }
  }

  private static void collectElement(JsonNode item, Class<?> element, Map<String, Entry> listed) {
    if (element == Step.class) {
      String name = item.propertyNames().iterator().next();
      collect(item.get(name), Objects.requireNonNull(Shape.steps().get(name)), listed);
    } else if (item.isObject()) {
      collect(item, element, listed);
    }
  }
}
