package org.smmulator.smmu.oracle;

/** What the SMMU under test made of an access; reused. */
final class SmmuAnswer {
  Outcome.Kind kind = Outcome.Kind.ABORT;

  /** Physical address of {@link Outcome.Kind#TRANSLATED}. */
  long pa;

  /** Entries of a successful completion, which is {@link Outcome.Kind#GRANTED} here. */
  final long[] entries = new long[64];

  int count;

  /** What names a stalled transaction. */
  long ticket;

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.name());
    if (kind == Outcome.Kind.TRANSLATED) {
      text.append(" 0x").append(Long.toHexString(pa));
    }
    for (int i = 0; kind == Outcome.Kind.GRANTED && i < count; i++) {
      text.append(" 0x").append(Long.toHexString(entries[i]));
    }
    return text.toString();
  }
}
