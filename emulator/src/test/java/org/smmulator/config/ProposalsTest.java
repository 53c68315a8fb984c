package org.smmulator.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.smmu.feature.Feature;
import org.smmulator.smmu.feature.SmmuFeatures;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Gives every key of the reference wrong values, and takes each message at its word: it is refused,
 * it proposes something, and whatever it proposes is then accepted.
 */
class ProposalsTest {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final YAMLMapper YAML = new YAMLMapper();

  /** Sentences about what other keys say: rules that no value by itself can follow. */
  private static final List<String> BETWEEN_KEYS =
      List.of(
          "shares memory",
          "SVA needs MMU notifiers",
          "which only a program of yours has it do",
          "was started before",
          "is in the background",
          "nothing waits for stream",
          "nothing waits for program",
          "shares memory",
          "a PCIe transaction must not stall",
          "is listed under devices",
          "is not bound to",
          "outside the buffer",
          "more than half the working set",
          "has no ATC",
          "give one of drop, duplicate and delay",
          "goes with delay only",
          "a delay needs it",
          "the command queue is that of all devices",
          "is already the id of",
          "was unplugged by an earlier step",
          "was detached by an earlier step",
          "is not a multiple of",
          "does not fit into",
          "goes without",
          "says no number",
          "no number is",
          "expects nothing",
          "is too many",
          "is not refused as a whole",
          "no step comes before",
          "in the second round",
          "waits for no operation",
          "a hook and others start",
          "is to start",
          "is to end",
          "is to unbind");

  /**
   * A key of the reference file.
   *
   * @param pointer where its value is in the tree
   * @param path its name in messages
   */
  record Place(String pointer, String path, Type type, Key key) {
    @Override
    public String toString() {
      return path;
    }
  }

  static Stream<Place> places() throws IOException {
    List<Place> places = new ArrayList<>();
    collect(reference(), MachineConfig.class, "", "", places);
    return places.stream();
  }

  /** The reference, at a version and with StreamIDs that leave the most to be chosen. */
  private static ObjectNode reference() throws IOException {
    String text = Files.readString(Configs.folder().resolve("reference.yaml"));
    ObjectNode root = (ObjectNode) YAML.readTree(text);
    ObjectNode smmu = (ObjectNode) root.get("smmu");
    smmu.put("architecture", "3.0").put("streamIdBits", 32);
    smmu.set("platformStreams", NODES.arrayNode().add(255));
    smmu.set("without", NODES.arrayNode().add("SEV"));
    ArrayNode features = NODES.arrayNode();
    for (Feature feature : SmmuFeatures.defaults().set()) {
      features.add(feature.name());
    }
    smmu.set("features", features);
    return root;
  }

  private static void collect(
      JsonNode node, Class<?> record, String pointer, String path, List<Place> places) {
    for (RecordComponent component : record.getRecordComponents()) {
      JsonNode value = node.get(component.getName());
      if (value != null) {
        String child = pointer + "/" + component.getName();
        Key key = Shape.key(component);
        String name = Problems.child(path, component.getName());
        collect(value, new Place(child, name, component.getGenericType(), key), places);
      }
    }
  }

  private static void collect(JsonNode value, Place place, List<Place> places) {
    places.add(place);
    if (place.type instanceof ParameterizedType map && Shape.isMap(map)) {
      for (String name : value.propertyNames()) {
        String path = Problems.child(place.path, name);
        Type element = Shape.argument(map, 1);
        String pointer = place.pointer + "/" + name;
        collect(value.get(name), new Place(pointer, path, element, place.key), places);
      }
    } else if (place.type instanceof ParameterizedType list) {
      Type element = list.getActualTypeArguments()[0];
      for (int i = 0; i < value.size(); i++) {
        String path = Problems.element(place.path, i);
        collect(value.get(i), new Place(place.pointer + "/" + i, path, element, place.key), places);
      }
    } else if (place.type == Step.class) {
      String name = value.propertyNames().iterator().next();
      Class<?> step = Objects.requireNonNull(Shape.steps().get(name));
      String pointer = place.pointer + "/" + name;
      collect(value.get(name), step, pointer, Problems.child(place.path, name), places);
    } else if (place.type instanceof Class<?> record && RecordTypes.isSection(record)) {
      collect(value, record, place.pointer, place.path, places);
    }
  }

  @ParameterizedTest
  @MethodSource("places")
  void whatAMessageProposesIsAccepted(Place place) throws IOException {
    Set<JsonNode> accepted = new HashSet<>();
    for (JsonNode bad : Mistakes.of(place)) {
      String message = refusal(place, bad);
      assertThat(message).as("%s: %s is refused", place, bad).isNotNull();
      List<JsonNode> proposed =
          Proposals.in(Objects.requireNonNull(message), place, reference().at(place.pointer));
      assertThat(proposed).as("'%s' proposes something", message).isNotEmpty();
      for (JsonNode value : proposed) {
        if (accepted.add(value)) {
          assertThat(refusal(place, value)).as("%s, of '%s'", value, message).isNull();
        }
      }
    }
    assertThat(accepted).as("proposals tried").isNotEmpty();
  }

  @Test
  void aKeyThatIsMeantIsOneOfItsSection() throws IOException {
    for (Place place : places().toList()) {
      String name = place.pointer.substring(place.pointer.lastIndexOf('/') + 1);
      if (!name.matches("[A-Za-z]{5,}")) {
        continue;
      }
      ObjectNode root = reference();
      JsonPointer parent = JsonPointer.compile(place.pointer).head();
      ObjectNode section = (ObjectNode) root.at(parent);
      JsonNode value = section.remove(name);
      section.set(name + "x", value);
      assertThat(problems(root)).anyMatch(sentence -> sentence.contains("did you mean " + name));
    }
  }

  /** The sentence about a value of this key, or about a section that it is in; null if none. */
  private static @Nullable String refusal(Place place, JsonNode value) throws IOException {
    ObjectNode root = reference();
    JsonPointer at = JsonPointer.compile(place.pointer);
    JsonNode parent = root.at(at.head());
    if (parent instanceof ArrayNode list) {
      list.set(at.last().getMatchingIndex(), value);
    } else {
      ((ObjectNode) parent).set(at.last().getMatchingProperty(), value);
    }
    for (String problem : problems(root)) {
      String sentence = problem.substring(problem.indexOf(": ") + 2);
      String path = sentence.substring(0, sentence.indexOf(": "));
      boolean about =
          path.equals(place.path)
              || place.path.startsWith(path + ".")
              || place.path.startsWith(path + "[");
      if (about && BETWEEN_KEYS.stream().noneMatch(sentence::contains) && !features(place, path)) {
        return sentence.substring(path.length() + 2);
      }
    }
    return null;
  }

  /** Which features go together is a rule between keys. */
  private static boolean features(Place place, String path) {
    String key = place.path.replaceAll("\\[.*", "");
    return path.equals("smmu")
        && List.of("smmu.features", "smmu.without", "smmu.architecture").contains(key);
  }

  private static List<String> problems(ObjectNode root) {
    try {
      ConfigFile.parse("x.yaml", YAML.writeValueAsString(root));
      return List.of();
    } catch (ConfigException e) {
      return e.problems();
    }
  }

  /** Values that are wrong for a key, whatever other keys say. */
  private static final class Mistakes {
    static List<JsonNode> of(Place place) {
      List<JsonNode> bad = new ArrayList<>();
      Type type = place.type;
      if (Shape.isNumber(type)) {
        numbers(place.key, bad);
      } else if (type == boolean.class) {
        texts(bad, "yes", "maybe");
        bad.add(NODES.numberNode(1));
      } else if (type instanceof Class<?> c && c.isEnum()) {
        words(Shape.names(c), bad);
      } else if (type == ModelChoice.class) {
        words(ModelShape.names(), bad);
      } else if (type == PciAddress.class) {
        texts(bad, "4", "", "00:04", "00:24.0", "0:4.0", "00:04.8");
      } else if (type == AtcGeometry.class) {
        texts(bad, "3x4", "0x4", "64x65", "64x0", "64", "99999x4", "64x4x4", "70000x4", "");
      } else if (type == EventName.class) {
        texts(bad, "zebra", "");
        bad.add(NODES.numberNode(7));
      } else if (type == PortAddress.class) {
        texts(bad, "tcp:1", "unix:", "udp:127.0.0.1:1", "tcp:127.0.0.1:65536", "", "unix:/x,a=b");
        texts(bad, "unix:/x,server=perhaps", "unix:/" + "y".repeat(106));
      } else if (type == String.class) {
        strings(place.key.syntax(), bad);
      } else if (type instanceof ParameterizedType) {
        texts(bad, "zebra");
        bad.add(NODES.numberNode(7));
        if (place.key.nonEmpty()) {
          bad.add(NODES.arrayNode());
        }
      } else {
        if (!mayBeANumber(type)) {
          bad.add(NODES.numberNode(7));
        }
        bad.add(NODES.arrayNode());
      }
      if (!(type instanceof ParameterizedType)) {
        bad.add(NODES.arrayNode().add("zebra"));
      }
      boolean map = type instanceof ParameterizedType of && Shape.isMap(of);
      if (!map && !(type instanceof Class<?> c && RecordTypes.isSection(c)) && type != Step.class) {
        bad.add(NODES.objectNode().put("zebra", 7));
      }
      return bad;
    }

    private static void words(List<String> right, List<JsonNode> bad) {
      right.forEach(name -> texts(bad, name + "x", "x" + name.substring(1)));
      texts(bad, "zebra", "", "9.9");
      bad.removeIf(node -> right.contains(node.asString()));
    }

    /** Sections for which a number may stand alone. */
    private static boolean mayBeANumber(Type type) {
      return type == ExpectedCount.class
          || type == Expect.Calls.class
          || type == Expect.Outcomes.class;
    }

    private static void numbers(Key key, List<JsonNode> bad) {
      texts(bad, "many", "", "1e3", "0x", "0xzebra", "017", "1_000");
      bad.add(NODES.numberNode(1.5));
      bad.add(NODES.booleanNode(true));
      bad.add(NODES.numberNode(-1));
      bad.add(NODES.numberNode(new BigInteger("99999999999999999999")));
      if (key.oneOf().length > 0) {
        bad.add(NODES.numberNode(LongStream.of(key.oneOf()).max().orElseThrow() + 1));
        return;
      }
      bad.add(NODES.numberNode(key.min() - 1));
      bad.add(NODES.numberNode(new BigInteger("" + key.max()).add(BigInteger.ONE)));
      for (long power = 4; key.powerOfTwo() && power <= key.max(); power *= 2) {
        if (power > key.min()) {
          bad.add(NODES.numberNode(power - 1));
        }
      }
    }

    private static void strings(Syntax syntax, List<JsonNode> bad) {
      bad.add(NODES.numberNode(12));
      bad.add(NODES.booleanNode(true));
      texts(bad, "", "a\tb", "x".repeat(201));
      if (syntax != Syntax.TEXT) {
        texts(bad, "Upper", "two words", "127.0.0.1:65536", "host:", ":x", "unix:");
        texts(bad, "::1:80", "unix:/" + "\u00e9".repeat(60));
      }
    }

    private static void texts(List<JsonNode> bad, String... texts) {
      for (String text : texts) {
        bad.add(NODES.stringNode(text));
      }
    }
  }
}
