package org.smmulator.guest.mm;

import static org.smmulator.counter.CounterRow.Facts.counter;

import org.smmulator.counter.CounterRow;

/** Callbacks of {@link MmuNotifier}, counted once for each notifier called. */
public enum NotifierCall implements CounterRow {
  RELEASE(counter("calls", "MMU notifiers told that their address space ends")),
  INVALIDATE_RANGE(counter("calls", "MMU notifiers told that mappings of a range are gone")),
  CLEAR_FLUSH_YOUNG(counter("calls", "MMU notifiers asked whether pages were accessed")),
  CHANGE_PTE(counter("calls", "MMU notifiers told that a page has another frame"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  NotifierCall(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
