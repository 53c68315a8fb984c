package org.smmulator.smmu.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.smmulator.arch.BitField;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.arch.structure.Cd;
import org.smmulator.arch.structure.Ste;

/** An entry of a table or queue, field by field: name, bits, value, and what the value means. */
public final class EntryText {
  private static final String INDENT = "  ";
  private static final Fields STE = new Fields(Ste.class);
  private static final Fields CD = new Fields(Cd.class);
  private static final Fields PRI = new Fields(PageRequestField.class);

  private EntryText() {}

  /**
   * Whole lines. Of an STE or CD those fields are left out that are 0, unless their 0 means
   * something.
   *
   * @param words the entry's 64-bit words, {@link EntryKind#bytes} in all
   * @throws IllegalArgumentException if there is no such command or event, with a sentence
   */
  public static String describe(EntryKind kind, long[] words) {
    if (words.length * Long.BYTES != kind.bytes()) {
      throw new IllegalArgumentException(words.length + " words for " + kind.words());
    }
    return switch (kind) {
      case STE -> text("STE" + (Ste.V.isSet(words[0]) ? "" : ", not valid"), STE, words, true);
      case CD -> text("CD" + (Cd.V.isSet(words[0]) ? "" : ", not valid"), CD, words, true);
      case CMD -> command(words);
      case EVENT -> event(words);
      case PRI -> text("page request", PRI, words, false);
    };
  }

  private static String command(long[] words) {
    CommandOpcode opcode = CommandOpcode.of(words[0]);
    if (opcode == null) {
      throw new IllegalArgumentException(
          "no command has the opcode "
              + hex(CommandField.OPCODE.get(words[0]))
              + ", bits [7:0] of the first word");
    }
    List<BitField> fields = new ArrayList<>(opcode.fields());
    fields.add(CommandField.OPCODE);
    boolean everything =
        opcode == CommandOpcode.CFGI_STE_RANGE && CommandField.RANGE.get(words[1]) == 31;
    String name = everything ? "CFGI_ALL" : opcode.name();
    return text(name, QueueText.fields(fields), words, false);
  }

  private static String event(long[] words) {
    EventType type = EventType.of(words[0]);
    if (type == null) {
      throw new IllegalArgumentException(
          "no event has the number "
              + hex(EventField.ID.get(words[0]))
              + ", bits [7:0] of the first word");
    }
    return text(type.name(), EventFields.of(type), words, false);
  }

  private static String text(String title, Fields fields, long[] words, boolean brief) {
    List<String[]> rows = new ArrayList<>();
    long[] known = new long[words.length];
    List<Fields.Named> upward = new ArrayList<>(fields.all());
    upward.sort(Comparator.comparingInt(named -> lowestBit(named.field())));
    for (Fields.Named named : upward) {
      BitField field = named.field();
      known[field.word()] |= field.mask();
      long value = field.get(words[field.word()]);
      String meaning = FieldMeaning.of(field, value, words);
      if (!brief || value != 0 || !meaning.isEmpty()) {
        rows.add(new String[] {named.name(), field.toString(), value(field, words), meaning});
      }
    }
    StringBuilder out = new StringBuilder(title).append('\n');
    append(out, rows);
    if (brief && rows.size() < fields.all().size()) {
      out.append(INDENT).append("all other fields are 0\n");
    }
    String others = others(words, known);
    if (!others.isEmpty()) {
      out.append(INDENT).append("set, but in none of these fields: ").append(others).append('\n');
    }
    return out.toString();
  }

  private static int lowestBit(BitField field) {
    return field.word() * Long.SIZE + Long.numberOfTrailingZeros(field.mask());
  }

  private static void append(StringBuilder out, List<String[]> rows) {
    int[] widths = new int[4];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(INDENT).append(row[i]).append(" ".repeat(widths[i] - row[i].length()));
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }

  /** Addresses as they stand in the word. */
  private static String value(BitField field, long[] words) {
    boolean wide = Long.bitCount(field.mask()) > Integer.SIZE;
    long word = words[field.word()];
    return hex(wide ? field.inPlace(word) : field.get(word));
  }

  private static String hex(long value) {
    return value < 10 && value >= 0 ? Long.toString(value) : "0x" + Long.toHexString(value);
  }

  /** The runs of bits that are set outside of all fields, in the numbers of the document. */
  private static String others(long[] words, long[] known) {
    List<String> runs = new ArrayList<>();
    for (int word = 0; word < words.length; word++) {
      long left = words[word] & ~known[word];
      while (left != 0) {
        int low = Long.numberOfTrailingZeros(left);
        int length = Long.numberOfTrailingZeros(~(left >>> low));
        int first = word * Long.SIZE + low;
        runs.add(BitField.field(first + length - 1, first).toString());
        left = low + length == Long.SIZE ? 0 : left >>> (low + length) << (low + length);
      }
    }
    return String.join(", ", runs);
  }
}
