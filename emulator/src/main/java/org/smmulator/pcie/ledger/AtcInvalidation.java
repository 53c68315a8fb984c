package org.smmulator.pcie.ledger;

import java.util.Locale;

/**
 * An invalidation that a function has acknowledged, as a violation names it.
 *
 * @param itag of its Invalidate Request
 * @param nanos time of the machine at which it was complete
 * @param event its number in the story; 0 if nobody records one
 */
public record AtcInvalidation(RevocationScope scope, int itag, long nanos, long event)
    implements GrantEnd {
  @Override
  public String describe(StepNames steps) {
    return String.format(
        Locale.ROOT,
        "was invalidated by the ATC_INV of %s with ITag %d, complete at %.1f us%s",
        scope.describe(),
        itag,
        nanos / 1000.0,
        steps.inWords(event));
  }
}
