package org.smmulator.metrics;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** How much was checked: a verdict on nothing is none. */
public enum CheckedCounter implements CounterRow {
  OPERATIONS(counter("operations", "Operations given to devices")),
  BYTES_COMPARED(counter("bytes", "Bytes compared with what they must be")),
  ACCESSES_CHECKED(counter("packets", "Translated accesses compared with the grants")),
  GRANTS_GIVEN(counter("grants", "Translations given to devices, repeated ones included")),
  GRANTS_REVOKED(counter("grants", "Grants ended by completed invalidations")),
  GRANTS_LIVE(gauge("grants", "Grants not revoked, nor ended with their function or their frame")),
  FRAMES_FREED(counter("frames", "Freed frames compared with the grants")),
  PACKETS_JUDGED(counter("packets", "Packets that devices sent"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  CheckedCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
