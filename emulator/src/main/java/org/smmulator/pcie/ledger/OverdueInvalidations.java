package org.smmulator.pcie.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * Invalidations of one function that the SMMU asked for and that were given up without an answer,
 * numbered from 1 so that grants can tell which of them they were covered by. The last number
 * stands for all that came after.
 */
final class OverdueInvalidations {
  private static final int MOST = 127;

  private record Overdue(RevocationScope scope, long event) {
    String describe(StepNames steps) {
      return "the ATC_INV of " + scope.describe() + steps.inWords(event);
    }
  }

  private final List<Overdue> known = new ArrayList<>();

  /** The number of one more. */
  byte add(RevocationScope scope, long event) {
    if (known.size() == MOST - 1) {
      return MOST;
    }
    known.add(new Overdue(scope, event));
    return (byte) known.size();
  }

  String describe(byte number, StepNames steps) {
    return number == MOST
        ? "an ATC_INV after " + known.get(MOST - 2).describe(steps)
        : known.get(number - 1).describe(steps);
  }

  void clear() {
    known.clear();
  }
}
