package org.smmulator.guest.iommu.smmuv3;

import static org.smmulator.counter.CounterRow.Facts.counter;

import org.smmulator.counter.CounterRow;

/** What the SMMU's driver finds in the queues that the SMMU writes. */
public enum DriverCounter implements CounterRow {
  EVENTS_TAKEN(counter("records", "Event records that the driver took from the event queue")),
  EVENT_QUEUE_OVERFLOWS(
      counter("overflows", "Overflows of the event queue that the driver acknowledged")),
  PAGE_REQUEST_QUEUE_OVERFLOWS(
      counter("overflows", "Overflows of the PRI queue that the driver acknowledged"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  DriverCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
