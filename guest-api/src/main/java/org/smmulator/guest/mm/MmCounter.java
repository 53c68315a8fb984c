package org.smmulator.guest.mm;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** What happens in all address spaces of one kernel. */
public enum MmCounter implements CounterRow {
  CPU_FAULTS(counter("faults", "Page faults of the guest's CPUs")),
  REMOTE_FAULTS(counter("faults", "Page faults handled for devices")),
  COPY_ON_WRITE_BREAKS(counter("pages", "Pages copied because one of several sharers wrote")),
  LIVE_ADDRESS_SPACES(gauge("address spaces", "Address spaces whose structure is not freed yet")),
  NOTIFIER_GRACE_PERIODS(
      counter("grace periods", "Grace periods that waited for all walks over MMU notifiers")),
  NOTIFIER_READERS(gauge("sections", "Walks over MMU notifiers that go on now"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  MmCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
