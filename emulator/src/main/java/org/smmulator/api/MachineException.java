package org.smmulator.api;

/** Something that a machine could not do: one sentence that says what, and what would be right. */
public final class MachineException extends Exception {
  private static final long serialVersionUID = 1L;

  MachineException(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  MachineException(String sentence) {
    super(sentence);
  }
}
