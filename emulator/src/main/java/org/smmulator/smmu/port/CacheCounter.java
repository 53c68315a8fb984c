package org.smmulator.smmu.port;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** What each cache of the SMMU counts. */
public enum CacheCounter implements CounterRow {
  LOOKUPS(counter("lookups", "Questions asked of it; of a walk, one for each level of tables")),
  HITS(counter("lookups", "Questions that it answered")),
  INSERTIONS(counter("entries", "Entries stored, in place of others of the same tag as well")),
  EVICTIONS(counter("entries", "Entries that made room for others")),
  INVALIDATED(counter("entries", "Entries that a command or a broadcast dropped")),
  RESIDENT(gauge("entries", "Entries that can be found now"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  CacheCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
