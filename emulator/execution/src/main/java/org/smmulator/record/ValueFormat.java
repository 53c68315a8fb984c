package org.smmulator.record;

/** How a value is written. */
public enum ValueFormat {
  /** A plain number. */
  COUNT,
  /** Hexadecimal, as short as it is. */
  ADDRESS,
  /** Hexadecimal, all 16 digits. */
  WORD,
  /** A PASID, or -1 for none, which a sentence leaves out. */
  PASID,
  /** The number of a name of the recorder's. */
  NAME;

  /** In a sentence. */
  public String inWords(RecordedEvent event, int field) {
    long value = event.value(field);
    return switch (this) {
      case COUNT -> Long.toString(value);
      case ADDRESS -> "0x" + Long.toHexString(value);
      case WORD -> String.format("%016x", value);
      case PASID -> value < 0 ? "" : " PASID " + value;
      case NAME -> event.name(field);
    };
  }
}
