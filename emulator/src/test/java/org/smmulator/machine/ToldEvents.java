package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The lines of {@code --events}, and what followed from what. */
final class ToldEvents {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<JsonNode> all = new ArrayList<>();
  private final Map<Long, List<JsonNode>> effects = new HashMap<>();

  ToldEvents(Path file) throws IOException {
    long last = 0;
    for (String line : Files.readAllLines(file)) {
      JsonNode event = JSON.readTree(line);
      assertThat(id(event)).as("no event is missing: %s", line).isEqualTo(++last);
      assertThat(cause(event)).as("a cause comes first: %s", line).isBetween(0L, last - 1);
      all.add(event);
      effects.computeIfAbsent(cause(event), c -> new ArrayList<>()).add(event);
    }
  }

  static long id(JsonNode event) {
    return event.get("id").asLong();
  }

  static long cause(JsonNode event) {
    return event.get("cause").asLong();
  }

  static String kind(JsonNode event) {
    return event.get("kind").asString();
  }

  static String who(JsonNode event) {
    return event.get("who").asString();
  }

  static String what(JsonNode event) {
    return event.get("what").asString();
  }

  List<JsonNode> all(String kind) {
    return all.stream().filter(event -> kind(event).equals(kind)).toList();
  }

  /** The first event of a kind that is so. */
  JsonNode first(String kind, Predicate<JsonNode> so) {
    return all(kind).stream()
        .filter(so)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no such " + kind));
  }

  JsonNode cause(JsonNode event, String kind) {
    assertThat(cause(event)).as("cause of %s", event).isPositive();
    JsonNode cause = all.get((int) cause(event) - 1);
    assertThat(kind(cause)).as("cause of %s: %s", event, cause).isEqualTo(kind);
    return cause;
  }

  /** What an event began directly, of one kind. */
  List<JsonNode> effects(JsonNode event, String kind) {
    return effects.getOrDefault(id(event), List.of()).stream()
        .filter(effect -> kind(effect).equals(kind))
        .toList();
  }

  JsonNode effect(JsonNode event, String kind) {
    List<JsonNode> found = effects(event, kind);
    assertThat(found).as("%s because of %s", kind, event).hasSize(1);
    return found.get(0);
  }
}
