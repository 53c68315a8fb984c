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

  private final List<String> texts = new ArrayList<>();

  /** The number of one more. */
  byte add(RevocationScope scope) {
    if (texts.size() < MOST - 1) {
      texts.add("the ATC_INV of " + scope.describe());
    } else if (texts.size() < MOST) {
      texts.add("an ATC_INV after " + texts.get(MOST - 2));
    }
    return (byte) texts.size();
  }

  String describe(byte number) {
    return texts.get(number - 1);
  }

  void clear() {
    texts.clear();
  }
}
