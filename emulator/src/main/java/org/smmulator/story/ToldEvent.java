package org.smmulator.story;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.EventKind;
import tools.jackson.databind.JsonNode;

/**
 * One line of {@code --events}, read back.
 *
 * @param line number of the line, from 1
 * @param id 0 for a note, which is no event
 * @param kind null for a note
 * @param json the line itself
 */
public record ToldEvent(
    long line,
    long nanos,
    long id,
    long cause,
    String who,
    @Nullable EventKind kind,
    String what,
    JsonNode fields,
    String json) {
  private static final int MOST_INDENTED = 40;

  public boolean isNote() {
    return kind == null;
  }

  /** The value of a field in words; empty without one. */
  public String text(String field) {
    JsonNode value = fields.get(field);
    return value == null || value.isNull() ? "" : value.asString("");
  }

  /** The value of a field that is a number; 0 without one. */
  public long number(String field) {
    JsonNode value = fields.get(field);
    return value == null ? 0 : value.asLong(0);
  }

  /** Who did what, in a line; deeper inside its causes further to the right. */
  public String inWords(int depth) {
    String indent = "  ".repeat(Math.min(depth, MOST_INDENTED));
    return isNote() ? indent + who + ": " + what : indent + inWords(nanos, id, who, what);
  }

  /** One line that says when and who did what. */
  public static String inWords(long nanos, long id, String who, String what) {
    return String.format(Locale.ROOT, "%.3f us #%d %s: %s", nanos / 1e3, id, who, what);
  }
}
