package org.smmulator.smmu.explain;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.smmulator.arch.BitField;

/** The fields of a structure by the names of its layout class, in the order declared there. */
final class Fields {
  /** What is said where there is no field to tell of. */
  static final String NONE = "all fields are 0";

  /** One of them, spelled as the architecture spells it. */
  record Named(String name, BitField field) {}

  /** Names that the architecture does not write in capitals. */
  private static final Map<String, String> SPELLED =
      Map.ofEntries(
          Map.entry("CONFIG", "Config"),
          Map.entry("S1FMT", "S1Fmt"),
          Map.entry("S1CONTEXTPTR", "S1ContextPtr"),
          Map.entry("S1CDMAX", "S1CDMax"),
          Map.entry("MEMATTR", "MemAttr"),
          Map.entry("SPAN", "Span"),
          Map.entry("L2PTR", "L2Ptr"),
          Map.entry("SUBSTREAM_ID", "SubstreamID"),
          Map.entry("STREAM_ID", "StreamID"),
          Map.entry("STALL", "Stall"),
          Map.entry("ATS_P", "P"),
          Map.entry("ATS_X", "X"),
          Map.entry("ATS_W", "W"),
          Map.entry("ATS_R", "R"),
          Map.entry("PNU", "PnU"),
          Map.entry("IND", "InD"),
          Map.entry("RNW", "RnW"),
          Map.entry("CLASS", "Class"),
          Map.entry("TT_RNW", "TTRnW"),
          Map.entry("INPUT_ADDRESS", "InputAddr"),
          Map.entry("FETCH_ADDRESS", "FetchAddr"),
          Map.entry("CONFLICT_REASON", "Reason"),
          Map.entry("REASON", "Reason"),
          Map.entry("WANTED_SPAN", "Span"),
          Map.entry("WANTED_UX", "uX"),
          Map.entry("WANTED_UW", "uW"),
          Map.entry("WANTED_UR", "uR"),
          Map.entry("WANTED_PX", "pX"),
          Map.entry("WANTED_PW", "pW"),
          Map.entry("WANTED_PR", "pR"));

  private final List<Named> fields = new ArrayList<>();

  /** Those that are told also where they are 0. */
  private Set<BitField> always = Set.of();

  Fields(Class<?> layout) {
    for (Field field : layout.getFields()) {
      if (field.getType() == BitField.class && Modifier.isStatic(field.getModifiers())) {
        try {
          fields.add(new Named(spelled(field.getName()), (BitField) field.get(null)));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(layout + " hides a field", e);
        }
      }
    }
  }

  /**
   * Those given.
   *
   * @param unusual of them, those that are told only where they are not 0
   */
  Fields(Class<?> layout, List<BitField> given, Set<BitField> unusual) {
    this(layout);
    fields.removeIf(field -> !given.contains(field.field()));
    always = new HashSet<>(given);
    always.removeAll(unusual);
  }

  List<Named> all() {
    return List.copyOf(fields);
  }

  private static String spelled(String constant) {
    return SPELLED.getOrDefault(constant, constant);
  }

  /**
   * All fields that are not 0, or all, as {@code NAME=value}; addresses as they stand in the word.
   */
  String describe(long[] words) {
    StringBuilder text = new StringBuilder();
    for (Named named : fields) {
      BitField field = named.field();
      if (field.word() < words.length
          && (always.contains(field) || field.get(words[field.word()]) != 0)) {
        boolean wide = Long.bitCount(field.mask()) > Integer.SIZE;
        long value = wide ? field.inPlace(words[field.word()]) : field.get(words[field.word()]);
        text.append(text.isEmpty() ? "" : " ").append(named.name()).append('=');
        text.append(
            value < 10 && value >= 0 ? Long.toString(value) : "0x" + Long.toHexString(value));
      }
    }
    return text.isEmpty() ? NONE : text.toString();
  }
}
