package org.smmulator.metrics;

import java.io.IOException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Tables as JSON, whose names are those of their records' components, and back. */
final class TableJson {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

  private TableJson() {}

  /** On one line. */
  static String write(Object table) {
    return JSON.writeValueAsString(table) + "\n";
  }

  /** On a line for each value. */
  static String writeIndented(Object table) {
    return JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(table) + "\n";
  }

  /**
   * Reads what one of the others wrote.
   *
   * @param what is expected, as {@code a machine's streams}
   * @throws IOException if it is something else; the message is half a sentence
   */
  static <T> T read(String json, Class<T> table, String what) throws IOException {
    try {
      return JSON.readValue(json, table);
    } catch (JacksonException e) {
      throw new IOException("not " + what + ": " + e.getOriginalMessage(), e);
    }
  }
}
