package org.smmulator.smmu.port;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** What the SMMU counts besides caches, commands and events. */
public enum SmmuCounter implements CounterRow {
  TRANSLATIONS(counter("transactions", "Transactions that were translated or bypassed")),
  ATS_REQUESTS(counter("requests", "Translation requests of endpoints")),
  WALKS(counter("walks", "Table walks begun")),
  DESCRIPTOR_READS(
      counter("descriptors", "Translation table descriptors that walks read from memory")),
  READS_OF_LEVEL0(counter("descriptors", "Of these, of tables of level 0")),
  READS_OF_LEVEL1(counter("descriptors", "Of these, of tables of level 1")),
  READS_OF_LEVEL2(counter("descriptors", "Of these, of tables of level 2")),
  READS_OF_LEVEL3(counter("descriptors", "Of these, of tables of level 3")),
  STALLS(counter("transactions", "Transactions that were held for software, each once")),
  STALLED_NOW(
      gauge("transactions", "Transactions that are held, whether software knows of them or not")),
  PAGE_REQUESTS(counter("requests", "Page requests written to the PRI queue")),
  AUTOMATIC_RESPONSES(counter("requests", "Page requests that the SMMU answered by itself")),
  EVENTS_LOST(counter("records", "Event records that found the event queue full")),
  COMMANDS_WAITING(gauge("commands", "Commands in the command queue, not consumed yet")),
  EVENTS_UNREAD(gauge("records", "Event records that software has not taken from their queue")),
  PAGE_REQUESTS_UNREAD(
      gauge("requests", "Page requests that software has not taken from the PRI queue"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  SmmuCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
