package org.smmulator.execution.explore;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which of the meetings that a story is about happened in one run, and how much was checked in it;
 * told by probes in the story. Only the task that runs tells, so that nothing is synchronised.
 */
public final class Meetings {
  private final List<String> known;
  private final Set<String> happened = new LinkedHashSet<>();
  private long checks;

  Meetings(List<String> known) {
    this.known = known;
  }

  /** It happened; more than once in a run counts as once. */
  public void meet(String meeting) {
    if (!known.contains(meeting)) {
      throw new IllegalArgumentException(
          "the story has no meeting '%s'; it has %s".formatted(meeting, known));
    }
    happened.add(meeting);
  }

  /** So many comparisons were made that could have failed. */
  public void checked(long more) {
    checks += more;
  }

  Set<String> happened() {
    return happened;
  }

  long checks() {
    return checks;
  }
}
