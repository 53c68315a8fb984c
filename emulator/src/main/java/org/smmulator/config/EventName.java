package org.smmulator.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;

/**
 * A name for events: a kind as {@code smmulator events} has it, or the opcode of a command that the
 * SMMU consumes.
 *
 * @param opcode of {@link EventKind#COMMAND} alone; null for all of the kind
 */
public record EventName(EventKind kind, @Nullable CommandOpcode opcode) {
  static final String EXPRESSION = "[A-Za-z][A-Za-z0-9_]{0,40}";

  /** Reads such a name; the exception's message says what would be right. */
  @JsonCreator
  public static EventName parse(String text) {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      if (opcode.name().equals(text)) {
        return new EventName(EventKind.COMMAND, opcode);
      }
    }
    for (EventKind kind : EventKind.values()) {
      if (kind.spelled().equals(text) && kind != EventKind.TASK_RUNS) {
        return new EventName(kind, null);
      }
    }
    List<String> meant = Suggestion.closest(text, names());
    throw new IllegalArgumentException(
        "'"
            + text
            + "' is no event; "
            + (meant.isEmpty()
                ? "use a kind of event or an opcode, such as pageRequest or ATC_INV"
                : Wording.meantOr("", text, meant)));
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (CommandOpcode opcode : CommandOpcode.values()) {
      names.add(opcode.name());
    }
    for (EventKind kind : EventKind.values()) {
      if (kind != EventKind.TASK_RUNS) {
        names.add(kind.spelled());
      }
    }
    return names;
  }

  /** Whether an event is one, by its kind and its first value. */
  public boolean matches(EventKind what, long firstValue) {
    return what == kind && (opcode == null || CommandOpcode.of(firstValue) == opcode);
  }

  /** What must be recorded so that it is seen. */
  public Detail detail() {
    return kind.detail();
  }

  @JsonValue
  @Override
  public String toString() {
    return opcode == null ? kind.spelled() : opcode.name();
  }
}
