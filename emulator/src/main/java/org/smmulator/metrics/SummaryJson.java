package org.smmulator.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** A summary as JSON, with the names of its records, and back. */
public final class SummaryJson {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private SummaryJson() {}

  public static String write(Summary summary) {
    return JSON.writeValueAsString(summary) + "\n";
  }

  public static void write(Summary summary, Path file) throws IOException {
    Files.writeString(file, write(summary));
  }

  /** Reads what {@link #write} wrote; the exception's message is half a sentence. */
  public static Summary read(String json) throws IOException {
    try {
      return JSON.readValue(json, Summary.class);
    } catch (JacksonException e) {
      throw new IOException("not a machine's summary: " + e.getOriginalMessage(), e);
    }
  }
}
