package org.smmulator.guest.mm;

/** A range of anonymous private memory with the same permissions; the end is exclusive. */
record Vma(long start, long end, Prot prot) {
  boolean contains(long va) {
    return va >= start && va < end;
  }
}
