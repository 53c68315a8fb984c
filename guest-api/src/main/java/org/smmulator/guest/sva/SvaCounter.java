package org.smmulator.guest.sva;

import static org.smmulator.counter.CounterRow.Facts.counter;
import static org.smmulator.counter.CounterRow.Facts.gauge;

import org.smmulator.counter.CounterRow;

/** What happens to address spaces shared with devices, and what there is now. */
public enum SvaCounter implements CounterRow {
  BINDS(counter("binds", "Address spaces bound to devices, repeated binds included")),
  UNBINDS(counter("binds", "Binds taken back by device drivers, not by the death of a process")),
  MM_EXITS(counter("calls", "Device drivers told that a process died")),
  MM_EXIT_FAILURES(counter("calls", "Of these, answered with an error or not in time")),
  DRIVER_FAILURES(
      counter("calls", "Operations of the IOMMU's driver that threw what none may throw")),
  POSSIBLE_LEAKS(counter("pasids", "PASIDs put into quarantine, each with one warning")),
  PAGE_FAULTS_HANDLED(counter("requests", "Page requests answered with success")),
  PAGE_FAULTS_REFUSED(counter("requests", "Page requests answered otherwise")),
  GROUPS_ANSWERED(counter("groups", "Page request groups answered")),
  IO_MMS(gauge("address spaces", "Shared now, those that wait for their grace period included")),
  BONDS(gauge("bonds", "Uses of an address space by a device now")),
  PASIDS_LIVE(gauge("pasids", "PASIDs in use")),
  PASIDS_QUARANTINED(gauge("pasids", "PASIDs that wait for a device to be reset or detached")),
  BOND_GRACE_PERIODS(
      counter("grace periods", "Grace periods that waited for all walks over bonds")),
  BOND_READERS(gauge("sections", "Walks over bonds that go on now"));

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  SvaCounter(Facts facts) {
    this.facts = facts;
  }

  @Override
  public Facts facts() {
    return facts;
  }
}
