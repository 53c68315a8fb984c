package org.smmulator.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What the checks found, and how much they looked at.
 *
 * @param applies whether there is a verdict on the whole: not where an external guest runs, of
 *     whose memory nobody here knows what it must hold
 * @param cutShort whether the run was stopped before it was done, so that it cannot have passed
 * @param overdueAccesses accesses through a translation whose invalidation was given up unanswered
 * @param violations the first violations in detail; the counts are complete
 */
public record Verdict(
    boolean applies,
    boolean cutShort,
    long dataMismatches,
    long staleAccesses,
    long overdueAccesses,
    long freedUnderGrant,
    long protocolViolations,
    Checked checked,
    List<Violation> violations) {
  public static final Verdict EMPTY =
      new Verdict(true, false, 0, 0, 0, 0, 0, Checked.NOTHING, List.of());

  public Verdict {
    violations = List.copyOf(violations);
  }

  /** How much was checked: a verdict on nothing is none. */
  public record Checked(
      long bytesCompared,
      long accessesChecked,
      long grantsRevoked,
      long framesFreed,
      long packetsJudged) {
    public static final Checked NOTHING = new Checked(0, 0, 0, 0, 0);

    boolean isComplete() {
      return bytesCompared > 0
          && accessesChecked > 0
          && grantsRevoked > 0
          && framesFreed > 0
          && packetsJudged > 0;
    }
  }

  /** The same verdict of a run that was stopped. */
  Verdict ofCutShort() {
    return new Verdict(
        applies,
        true,
        dataMismatches,
        staleAccesses,
        overdueAccesses,
        freedUnderGrant,
        protocolViolations,
        checked,
        violations);
  }

  /** Whether nothing was violated so far, however little was checked. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public boolean clean() {
    return dataMismatches == 0
        && staleAccesses == 0
        && overdueAccesses == 0
        && freedUnderGrant == 0
        && protocolViolations == 0;
  }

  /** Whether the run was done, nothing was violated, and each check had something to check. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public boolean passed() {
    return clean() && checked.isComplete() && !cutShort;
  }
}
