package org.smmulator.smmu.probe;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.BitField;

/** The fields of a structure by the names of its layout class, in the order declared there. */
final class Fields {
  private record Named(String name, BitField field) {}

  private final List<Named> fields = new ArrayList<>();

  Fields(Class<?> layout) {
    for (Field field : layout.getFields()) {
      if (field.getType() == BitField.class && Modifier.isStatic(field.getModifiers())) {
        try {
          fields.add(new Named(field.getName(), (BitField) field.get(null)));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(layout + " hides a field", e);
        }
      }
    }
  }

  /** Those of the given names. */
  Fields(Class<?> layout, List<String> names) {
    this(layout);
    fields.removeIf(field -> !names.contains(field.name()));
  }

  /** All fields that are not 0, as {@code NAME=value}; addresses as they stand in the word. */
  String describe(long[] words) {
    StringBuilder text = new StringBuilder();
    for (Named named : fields) {
      BitField field = named.field();
      if (field.word() < words.length && field.isSet(words[field.word()])) {
        boolean wide = Long.bitCount(field.mask()) > 16;
        long value = wide ? field.inPlace(words[field.word()]) : field.get(words[field.word()]);
        text.append(text.isEmpty() ? "" : " ").append(named.name()).append('=');
        text.append(
            value < 10 && value >= 0 ? Long.toString(value) : "0x" + Long.toHexString(value));
      }
    }
    return text.isEmpty() ? "all fields are 0" : text.toString();
  }
}
