package org.smmulator.smmu;

/** A structure, queue entry or descriptor, as words and by the names of {@link Vectors}. */
final class Structure {
  private final String kind;
  private final long[] words;

  Structure(String kind, int wordCount) {
    this.kind = kind;
    this.words = new long[wordCount];
  }

  static Structure command(String name) {
    return new Structure("command", 2).set("opcode", Vectors.command(name));
  }

  Structure set(String name, long value) {
    Vectors.Field field = Vectors.field(kind, name);
    long placed = field.inPlace() ? value : value << field.shift();
    if ((placed & ~field.mask()) != 0) {
      throw new IllegalArgumentException(kind + "." + name + " cannot hold " + value);
    }
    words[field.word()] = (words[field.word()] & ~field.mask()) | placed;
    return this;
  }

  /** Sets several fields: {@code "s1cdmax=4 s1dss=2"}. */
  Structure with(String settings) {
    for (String setting : settings.split(" ", -1)) {
      if (!setting.isEmpty()) {
        String[] nameAndValue = setting.split("=", -1);
        set(nameAndValue[0], Long.decode(nameAndValue[1]));
      }
    }
    return this;
  }

  long get(String name) {
    Vectors.Field field = Vectors.field(kind, name);
    long placed = words[field.word()] & field.mask();
    return field.inPlace() ? placed : placed >>> field.shift();
  }

  long[] words() {
    return words;
  }

  long word(int index) {
    return words[index];
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind);
    for (long word : words) {
      text.append(String.format(" %016x", word));
    }
    return text.toString();
  }
}
