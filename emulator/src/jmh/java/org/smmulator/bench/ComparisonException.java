package org.smmulator.bench;

/** Why nothing can be compared: one sentence for the user. */
final class ComparisonException extends Exception {
  private static final long serialVersionUID = 1L;

  ComparisonException(String sentence) {
    super(sentence);
  }
}
