package org.smmulator.story;

import java.io.IOException;
import java.io.Reader;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.EventKind;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the lines of {@link EventLines}, one at a time. What is no such line is refused: a file may
 * come from anywhere.
 */
public final class StoryReader {
  /** Longer than any line that is written. */
  private static final int MOST_CHARACTERS = 1 << 16;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private static final Map<String, EventKind> KINDS = new HashMap<>();

  static {
    for (EventKind kind : EventKind.values()) {
      KINDS.put(kind.spelled(), kind);
    }
  }

  private final Reader in;
  private final StringBuilder text = new StringBuilder();
  private long line;
  private long lastId;
  private boolean cutOff;

  /**
   * @param in buffered
   */
  public StoryReader(Reader in) {
    this.in = in;
  }

  /** The kind that is spelled so in a file; null if there is none. */
  public static @Nullable EventKind kind(String spelled) {
    return KINDS.get(spelled);
  }

  /**
   * The next event or note; null after the last one.
   *
   * @throws StoryException if the next line is none
   */
  public @Nullable ToldEvent next() throws IOException, StoryException {
    if (!readLine()) {
      return null;
    }
    String json = text.toString();
    JsonNode fields = parse(json);
    long nanos = number(fields, "t", 0);
    String who = words(fields, "who");
    String what = words(fields, "what");
    if (fields.get("id") == null) {
      return new ToldEvent(line, nanos, 0, 0, who, null, what, fields, json);
    }
    long id = number(fields, "id", lastId + 1);
    long cause = number(fields, "cause", 0);
    if (cause >= id) {
      throw new StoryException(
          line, "has event " + id + " because of event " + cause + ", which came after it");
    }
    EventKind kind = KINDS.get(words(fields, "kind"));
    if (kind == null) {
      throw new StoryException(
          line, "has an event of kind '" + shortened(words(fields, "kind")) + "', which is none");
    }
    lastId = id;
    return new ToldEvent(line, nanos, id, cause, who, kind, what, fields, json);
  }

  /** Whether there was one. */
  private boolean readLine() throws IOException, StoryException {
    text.setLength(0);
    line++;
    int next = in.read();
    if (next < 0) {
      return false;
    }
    while (next >= 0 && next != '\n') {
      if (text.length() == MOST_CHARACTERS) {
        throw new StoryException(
            line, "is longer than " + MOST_CHARACTERS + " characters, and so no event");
      }
      text.append((char) next);
      next = in.read();
    }
    cutOff = next < 0;
    return true;
  }

  private JsonNode parse(String json) throws StoryException {
    JsonNode fields;
    try {
      fields = JSON.readValue(json);
    } catch (JacksonException e) {
      throw new StoryException(
          line,
          cutOff
              ? "ends in the middle: the file was cut off there"
              : "is no JSON; each line of --events is an object");
    }
    if (fields == null || !fields.isObject()) {
      throw new StoryException(line, "is no JSON object; each line of --events is one");
    }
    return fields;
  }

  private long number(JsonNode fields, String name, long least) throws StoryException {
    JsonNode value = fields.get(name);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new StoryException(line, "has no number '" + name + "'; each event has");
    }
    if (value.asLong() < least) {
      throw new StoryException(
          line, "has '" + name + "' " + value.asLong() + "; " + least + " or more would be right");
    }
    return value.asLong();
  }

  private String words(JsonNode fields, String name) throws StoryException {
    JsonNode value = fields.get(name);
    if (value == null || !value.isString()) {
      throw new StoryException(line, "has no text '" + name + "'; each event has");
    }
    return value.asString();
  }

  private static String shortened(String words) {
    return words.length() <= 40 ? words : words.substring(0, 40) + "...";
  }
}
