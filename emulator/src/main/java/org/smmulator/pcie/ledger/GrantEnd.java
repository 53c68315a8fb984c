package org.smmulator.pcie.ledger;

/** Why a function must not use a translation any more that it was granted. */
sealed interface GrantEnd permits AtcInvalidation, GrantEnd.Other {
  /** The end of a sentence whose subject is the translation. */
  String describe(StepNames steps);

  /** What needs no more words. */
  enum Other implements GrantEnd {
    RESET("ended with the function's reset"),
    FREED("ended when its frame was freed");

    private final String text;

    Other(String text) {
      this.text = text;
    }

    @Override
    public String describe(StepNames steps) {
      return text;
    }
  }
}
