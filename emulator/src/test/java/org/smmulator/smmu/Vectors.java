package org.smmulator.smmu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The programming interface as {@code layouts.txt} states it, independent of what is tested. */
final class Vectors {
  /** One field: the word it is in, its lowest bit, its width, and whether it stays in place. */
  record Field(int word, int shift, long mask, boolean inPlace) {}

  private static final Map<String, Integer> NUMBERS = new HashMap<>();
  private static final Map<String, Field> FIELDS = new HashMap<>();

  static {
    for (String line : lines()) {
      String[] words = line.split(" +");
      switch (words[0]) {
        case "register", "command", "event" ->
            NUMBERS.put(words[0] + " " + words[1], Integer.decode(words[2]));
        case "field", "address" -> FIELDS.put(words[1] + " " + words[2], field(words));
        default -> {}
      }
    }
  }

  private Vectors() {}

  private static List<String> lines() {
    try (InputStream in = Vectors.class.getResourceAsStream("layouts.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Field field(String[] words) {
    int high = Integer.parseInt(words[4]);
    int low = Integer.parseInt(words[5]);
    long ones = high - low == 63 ? -1L : (1L << (high - low + 1)) - 1;
    return new Field(Integer.parseInt(words[3]), low, ones << low, words[0].equals("address"));
  }

  static int register(String name) {
    return number("register " + name);
  }

  static int command(String name) {
    return number("command " + name);
  }

  static int event(String name) {
    return number("event " + name);
  }

  /** The name of an event number. */
  static String eventName(long number) {
    return NUMBERS.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("event ") && entry.getValue() == number)
        .map(entry -> entry.getKey().substring("event ".length()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no event 0x" + Long.toHexString(number)));
  }

  private static int number(String key) {
    return Objects.requireNonNull(NUMBERS.get(key), key);
  }

  static Field field(String structure, String name) {
    String key = structure + " " + name;
    return Objects.requireNonNull(FIELDS.get(key), key);
  }
}
