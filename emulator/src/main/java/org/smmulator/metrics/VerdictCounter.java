package org.smmulator.metrics;

import static org.smmulator.counter.CounterRow.Facts.counter;

import java.util.List;
import org.smmulator.counter.CounterRow;

/** What the checks found. */
public enum VerdictCounter implements CounterRow {
  DATA_MISMATCHES(
      counter("operations", "Comparisons that found other data"), CheckedCounter.BYTES_COMPARED),
  STALE_ACCESSES(
      counter("packets", "Accesses without a live grant"),
      CheckedCounter.ACCESSES_CHECKED,
      CheckedCounter.GRANTS_GIVEN),
  OVERDUE_ACCESSES(
      counter(
          "packets", "Accesses under a grant whose invalidation was given up without an answer"),
      CheckedCounter.ACCESSES_CHECKED,
      CheckedCounter.GRANTS_LIVE),
  FREED_UNDER_GRANT(
      counter("frames", "Frames freed while a device could reach them"),
      CheckedCounter.FRAMES_FREED,
      CheckedCounter.GRANTS_REVOKED),
  PROTOCOL_VIOLATIONS(
      counter("violations", "Packets and links that broke the protocol"),
      CheckedCounter.PACKETS_JUDGED),
  KERNEL_FAILURES(counter("failures", "Notifier callbacks and IOMMU driver operations that threw")),
  /** No violation, and no success. */
  UNENDED_OPERATIONS(
      counter("operations", "Operations that did not end: their device was lost or silent"),
      CheckedCounter.OPERATIONS);

  @SuppressWarnings("ImmutableEnumChecker") // Facts are a record of strings.
  private final Facts facts;

  @SuppressWarnings("ImmutableEnumChecker") // A list that does not change.
  private final List<CheckedCounter> of;

  VerdictCounter(Facts facts, CheckedCounter... of) {
    this.facts = facts;
    this.of = List.of(of);
  }

  @Override
  public Facts facts() {
    return facts;
  }

  /** How much was looked at to find these. */
  List<CheckedCounter> of() {
    return of;
  }

  /** Whether it fails a run. */
  public boolean isViolation() {
    return this != UNENDED_OPERATIONS;
  }

  @Override
  public String label() {
    return switch (this) {
      case FREED_UNDER_GRANT -> "frames freed under a live grant";
      case UNENDED_OPERATIONS -> "operations that did not end";
      default -> Spelling.words(name());
    };
  }
}
