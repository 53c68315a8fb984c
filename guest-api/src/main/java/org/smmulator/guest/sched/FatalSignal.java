package org.smmulator.guest.sched;

/**
 * Unwinds a program whose task was killed, from the next of its calls on; not to be caught. An
 * {@link Error}, so that a program which handles every {@link Exception} does not handle this one.
 */
public final class FatalSignal extends Error {
  private static final long serialVersionUID = 1L;

  FatalSignal(String task) {
    super("task '" + task + "' was killed", null, false, false);
  }
}
