package org.smmulator.metrics;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A step that somebody asked a running machine for, as far as it has come.
 *
 * @param number of the step in the machine's events
 * @param why it was refused or has failed, a sentence; null otherwise
 * @param did what it has caused so far
 * @param story the same, event by event, each below its cause
 */
public record StepReport(
    long number, State state, @Nullable String why, StepSummary did, List<String> story) {
  /** How far it has come. */
  public enum State {
    /** It waits for its turn, or for what it began. */
    RUNNING,
    DONE,
    /** It does not fit the machine as it stands; nothing was done. */
    REFUSED,
    /** It could not be done to its end. */
    FAILED
  }

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public StepReport {
    story = List.copyOf(story);
  }

  public String json() {
    ObjectNode root = JSON.createObjectNode();
    root.put("number", number).put("state", state.name().toLowerCase(Locale.ROOT)).put("why", why);
    StepJson.write(List.of(did), root.putArray("steps"));
    ArrayNode lines = root.putArray("story");
    story.forEach(lines::add);
    return JSON.writeValueAsString(root) + "\n";
  }

  /** Reads what {@link #json} wrote; the exception's message is half a sentence. */
  public static StepReport read(String json) throws IOException {
    try {
      JsonNode root = JSON.readTree(json);
      JsonNode why = SummaryJson.required(root, "/why");
      List<String> lines = new ArrayList<>();
      SummaryJson.required(root, "/story").forEach(line -> lines.add(line.stringValue()));
      String state = SummaryJson.required(root, "/state").stringValue();
      return new StepReport(
          SummaryJson.number(root, "/number"),
          State.valueOf(state.toUpperCase(Locale.ROOT)),
          why.isNull() ? null : why.stringValue(),
          StepJson.read(root).get(0),
          lines);
    } catch (JacksonException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("not a machine's step: " + e.getMessage(), e);
    }
  }

  /** What it did, as a terminal shows it. */
  public String render() {
    StringBuilder out = new StringBuilder();
    if (StepLines.areWorthATable(List.of(did))) {
      StepLines.table(List.of(did)).appendTo(out);
    } else {
      out.append("  ").append(did.step()).append(": no device was told of a change\n");
    }
    story.forEach(line -> out.append("  ").append(line).append('\n'));
    return out.toString();
  }
}
