package org.smmulator.pcie.ledger;

import org.jspecify.annotations.Nullable;

/** Knows which step of a scenario an event of the story followed from. */
@FunctionalInterface
public interface StepNames {
  /** Nobody tells a story. */
  StepNames NONE = event -> null;

  /** The step in the scenario's words, or null if none is known. */
  @Nullable String stepOf(long event);

  /** The step as the end of a sentence; empty if none is known. */
  default String inWords(long event) {
    String step = stepOf(event);
    return step == null ? "" : ", of step '" + step + "'";
  }
}
