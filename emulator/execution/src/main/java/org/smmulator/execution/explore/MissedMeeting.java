package org.smmulator.execution.explore;

/** A story was told in many orders, and what it is about happened in none. */
public final class MissedMeeting extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissedMeeting(String message) {
    super(message);
  }
}
