package org.smmulator.pcie;

import static org.smmulator.counter.CounterRow.Facts.counter;

import org.smmulator.counter.CounterRow;

/**
 * What the root complex counts of the ATC of each function by PASID. Hits are not among it: they
 * stay in the device, and what goes to memory because of them carries no PASID.
 */
public enum PasidCounter implements CounterRow {
  TRANSLATION_REQUESTS(
      counter("requests", "Translation requests that reached the root complex, by PASID")),
  PAGE_REQUESTS(counter("requests", "Page requests without stop markers, by PASID")),
  INVALIDATIONS_SENT(counter("requests", "Invalidate Requests sent, by PASID")),
  ENTRIES_DROPPED(
      counter(
          "entries",
          "ATC entries that an Invalidate Request dropped, as the device tells, by PASID"));

  static final int COUNT = values().length;

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  PasidCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
