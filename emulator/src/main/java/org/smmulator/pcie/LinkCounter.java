package org.smmulator.pcie;

import static org.smmulator.counter.CounterRow.Facts.counter;

import org.smmulator.counter.CounterRow;

/** What the root complex counts of all its links. */
public enum LinkCounter implements CounterRow {
  ACCEPTED(counter("links", "Connections to the bus")),
  REFUSED(
      counter(
          "links",
          "Peers that did not become devices: no hello, no slot, or the wanted one is taken")),
  DETACHED(counter("links", "Devices that said good-bye")),
  LOST(counter("links", "Devices whose link ended without a word")),
  INVALIDATIONS_WITHOUT_DEVICE(
      counter("requests", "Invalidations for a stream without a device, complete at once"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  LinkCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
