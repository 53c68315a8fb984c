package org.smmulator.smmu.explain;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;

/** Entries of the command and event queues in words, with their fields by name. */
public final class QueueText {
  private static final Map<CommandOpcode, Fields> COMMANDS = new EnumMap<>(CommandOpcode.class);

  static {
    for (CommandOpcode opcode : CommandOpcode.values()) {
      COMMANDS.put(opcode, new Fields(CommandField.class, names(opcode)));
    }
  }

  private QueueText() {}

  /** The fields that a command has (IHI 0070 4.3 to 4.7). */
  private static List<String> names(CommandOpcode opcode) {
    return switch (opcode) {
      case PREFETCH_CONFIG, CFGI_CD -> List.of("STREAM_ID", "SUBSTREAM_ID");
      case PREFETCH_ADDR -> List.of("STREAM_ID", "SUBSTREAM_ID", "ADDRESS");
      case CFGI_STE -> List.of("STREAM_ID", "LEAF");
      case CFGI_STE_RANGE -> List.of("STREAM_ID", "RANGE");
      case CFGI_CD_ALL, STALL_TERM -> List.of("STREAM_ID");
      case TLBI_NH_ALL, TLBI_S12_VMALL -> List.of("VMID");
      case TLBI_NH_ASID -> List.of("VMID", "ASID");
      case TLBI_EL2_ASID -> List.of("ASID");
      case TLBI_NH_VA -> List.of("VMID", "ASID", "LEAF", "ADDRESS");
      case TLBI_EL2_VA -> List.of("ASID", "LEAF", "ADDRESS");
      case TLBI_NH_VAA, TLBI_S2_IPA -> List.of("VMID", "LEAF", "ADDRESS");
      case TLBI_EL2_VAA -> List.of("LEAF", "ADDRESS");
      case TLBI_EL2_ALL, TLBI_NSNH_ALL -> List.of();
      case ATC_INV -> List.of("STREAM_ID", "SSV", "SUBSTREAM_ID", "GLOBAL", "SIZE", "ADDRESS");
      case PRI_RESP -> List.of("STREAM_ID", "SSV", "SUBSTREAM_ID", "PRG_INDEX", "PRI_RESP");
      case RESUME -> List.of("STREAM_ID", "STAG", "AC", "AB");
      case SYNC -> List.of("CS");
    };
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
