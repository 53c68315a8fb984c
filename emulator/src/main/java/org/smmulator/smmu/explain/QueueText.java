package org.smmulator.smmu.explain;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.BitField;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;

/** Entries of the command and event queues in words, with their fields by name. */
public final class QueueText {
  /** What most commands leave 0: told where one does not. */
  private static final Set<BitField> UNUSUAL =
      Set.of(
          CommandField.SSEC,
          CommandField.NUM,
          CommandField.SCALE,
          CommandField.TTL,
          CommandField.TG,
          CommandField.MSH,
          CommandField.MSI_ATTR,
          CommandField.MSI_DATA,
          CommandField.MSI_ADDRESS);

  private static final Map<CommandOpcode, Fields> COMMANDS = new EnumMap<>(CommandOpcode.class);

  static {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      COMMANDS.put(opcode, new Fields(CommandField.class, opcode.fields(), UNUSUAL));
    }
  }

  private QueueText() {}

  /** The given fields of commands, all of them told. */
  static Fields fields(List<BitField> given) {
    return new Fields(CommandField.class, given, Set.of());
  }

  /** A command by its two words. */
  public static String command(long word0, long word1) {
    CommandOpcode opcode = CommandOpcode.of(word0);
    Fields fields = opcode == null ? null : COMMANDS.get(opcode);
    if (fields == null) {
      return String.format("no command: %016x %016x", word0, word1);
    }
    return named(opcode + "", fields.describe(new long[] {word0, word1}));
  }

  /** An event record by its four words. */
  public static String event(long[] record) {
    @Nullable EventType type = EventType.of(record[EventField.ID.word()]);
    return named(String.valueOf(type), EventFields.of(type).describe(record));
  }

  private static String named(String name, String fields) {
    return fields.equals(Fields.NONE) ? name : name + " " + fields;
  }
}
