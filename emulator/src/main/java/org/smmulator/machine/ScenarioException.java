package org.smmulator.machine;

import org.jspecify.annotations.Nullable;

/** A scenario that could not go on, in one sentence. */
final class ScenarioException extends Exception {
  private static final long serialVersionUID = 1L;

  ScenarioException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
