package org.smmulator.pcie.ledger;

import java.util.ArrayList;
import java.util.List;

/** A log that keeps every single violation. */
public final class RecordedViolations extends ViolationLog {
  private final List<Violation> all = new ArrayList<>();

  public RecordedViolations() {
    super(20);
  }

  @Override
  public synchronized void record(Violation violation) {
    super.record(violation);
    all.add(violation);
  }

  /** All of them, in order. */
  public synchronized List<Violation> violations() {
    return List.copyOf(all);
  }
}
