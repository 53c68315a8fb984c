package org.smmulator.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What the end of a message proposes, as a reader would take it. */
final class Proposals {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern RANGE = Pattern.compile("([0-9]+) to ([0-9]+)");
  private static final int TRIES = 10;

  private final List<JsonNode> found = new ArrayList<>();

  private Proposals() {}

  /**
   * Values of the proposals.
   *
   * @param present the value of the key in the reference, from which sections are taken
   */
  static List<JsonNode> in(String message, ProposalsTest.Place place, JsonNode present) {
    String clause = message.substring(message.lastIndexOf("; ") + 2);
    if (!clause.matches("(use|did you mean|add|remove) .*")) {
      return List.of();
    }
    Proposals proposals = new Proposals();
    proposals.read(clause, place.type(), present);
    return proposals.found;
  }

  private void read(String clause, Type type, JsonNode present) {
    if (type instanceof ParameterizedType map && Shape.isMap(map)) {
      found.add(present);
    } else if (type instanceof ParameterizedType list) {
      Proposals elements = new Proposals();
      elements.read(clause, list.getActualTypeArguments()[0], present.get(0));
      elements.found.forEach(element -> found.add(NODES.arrayNode().add(element)));
    } else if (Shape.isNumber(type)) {
      numbers(clause);
    } else if (type == boolean.class) {
      found.add(NODES.booleanNode(clause.contains("true")));
      found.add(NODES.booleanNode(!clause.contains("false")));
    } else if (type == AtcGeometry.class && !clause.contains("such as")) {
      Proposals numbers = new Proposals();
      numbers.numbers(clause);
      String form = clause.contains("sets") ? "%sx4" : "64x%s";
      numbers.found.forEach(number -> text(form.formatted(number.asString())));
    } else if (type instanceof Class<?> c && c.isEnum()) {
      names(clause, Shape.names(c));
    } else if (type == ModelChoice.class) {
      names(clause, ModelShape.names());
    } else if (type instanceof Class<?> c && RecordTypes.isSection(c)) {
      section(clause, c, present);
    } else if (type == Step.class) {
      step(clause);
    } else {
      texts(clause);
    }
  }

  /** All of small ranges, and of large ones both ends and some between. */
  private void numbers(String clause) {
    boolean powers = clause.contains("a power of two from");
    Matcher range = RANGE.matcher(clause);
    String rest = clause;
    if (range.find()) {
      long low = Long.parseLong(range.group(1));
      long high = Long.parseLong(range.group(2));
      SplittableRandom random = new SplittableRandom(high);
      for (long power = low; powers && power > 0 && power <= high; power *= 2) {
        found.add(NODES.numberNode(power));
      }
      for (int i = 0; !powers && i < TRIES; i++) {
        long any = i == 0 ? low : i == 1 ? high : high > low ? random.nextLong(low, high) : low;
        found.add(NODES.numberNode(any));
      }
      rest = range.replaceFirst("");
    }
    for (String word : rest.split("[ ,?]+", -1)) {
      if (word.matches("[0-9]+")) {
        found.add(NODES.numberNode(Long.parseLong(word)));
      }
    }
    if (rest.contains(" or infinite")) {
      text("infinite");
    }
  }

  private void names(String clause, List<String> names) {
    List<String> words = List.of(clause.split("[ ,?]+"));
    for (String name : names) {
      if (words.contains(name) && !name.equals("use")) {
        text(name);
      }
    }
    if (words.contains("quotes") && found.isEmpty()) {
      throw new AssertionError("no name in '" + clause + "'");
    }
  }

  /** The required keys alone, and all that are named. */
  private void section(String clause, Class<?> record, JsonNode present) {
    ObjectNode least = NODES.objectNode();
    ObjectNode most = NODES.objectNode();
    for (RecordComponent component : record.getRecordComponents()) {
      String name = component.getName();
      JsonNode value = present.get(name);
      boolean named = clause.matches(".*\\b" + name + "\\b.*");
      if (value != null && named) {
        most.set(name, value);
        if (clause.matches(".*\\b" + name + " \\(required\\).*")) {
          least.set(name, value);
        }
      }
    }
    found.add(least);
    found.add(most);
  }

  private void step(String clause) {
    if (clause.matches("use one key of .*\\bverify\\b.*|.*\\{process: alice}.*")) {
      ObjectNode verify = NODES.objectNode();
      found.add(verify.set("verify", NODES.objectNode().put("process", "alice")));
    }
  }

  /** Examples, and forms with their capital words filled in. */
  private void texts(String clause) {
    Matcher example = Pattern.compile("such as ([^ ,]+)").matcher(clause);
    if (example.find()) {
      text(example.group(1));
    }
    Matcher printable = Pattern.compile("1 to ([0-9]+) printable").matcher(clause);
    if (printable.find()) {
      text("x");
      text("x".repeat(Integer.parseInt(printable.group(1))));
    }
    Matcher form = Pattern.compile("(unix:PATH|(tcp:)?HOST:PORT)").matcher(clause);
    String longest = clause.contains("106 bytes") ? "/" + "y".repeat(105) : "/tmp/x";
    while (form.find()) {
      String text = form.group(1).replace("HOST", "127.0.0.1").replace("PATH", longest);
      text(text.replace("PORT", clause.contains("65535") ? "65535" : "1"));
      if (clause.contains(",server=on")) {
        text(text.replace("PORT", "1") + ",server=on");
      }
    }
  }

  private void text(String text) {
    found.add(NODES.stringNode(text));
  }
}
