package org.smmulator.metrics;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What the checks found, and how much they looked at. Violations fail a run; an operation that did
 * not end, because its device was lost, stopped or silent, is none, but what it was to show is not
 * shown.
 *
 * @param applies whether there is a verdict on the whole: not where an external guest runs, of
 *     whose memory nobody here knows what it must hold
 * @param cutShort whether the run was stopped before it was done, so that it cannot have passed
 * @param overdueAccesses accesses through a translation whose invalidation was given up unanswered
 * @param unendedOperations operations that were given to a device and did not end
 * @param violations the first groups of violations, those of operations that did not end included
 * @param violationsLeftOut how many belong to no group that is listed; the counts are complete
 */
public record Verdict(
    boolean applies,
    boolean cutShort,
    long dataMismatches,
    long staleAccesses,
    long overdueAccesses,
    long freedUnderGrant,
    long protocolViolations,
    long unendedOperations,
    Checked checked,
    List<ViolationSummary> violations,
    long violationsLeftOut) {
  /** What a verdict comes down to. */
  public enum Outcome {
    /** Nothing was violated, all operations ended, and each check had something to check. */
    PASSED,
    /** Something was violated. */
    FAILED,
    /** Nothing was violated, but not everything was run or checked. */
    NOT_RUN
  }

  public static final Verdict EMPTY =
      new Verdict(true, false, 0, 0, 0, 0, 0, 0, Checked.NOTHING, List.of(), 0);

  public Verdict {
    violations = List.copyOf(violations);
  }

  /** How much was checked: a verdict on nothing is none. */
  public record Checked(
      long operations,
      long bytesCompared,
      long accessesChecked,
      long grantsRevoked,
      long framesFreed,
      long packetsJudged) {
    public static final Checked NOTHING = new Checked(0, 0, 0, 0, 0, 0);

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
        unendedOperations,
        checked,
        violations,
        violationsLeftOut);
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

  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public Outcome outcome() {
    if (!clean()) {
      return Outcome.FAILED;
    }
    boolean whole = !cutShort && unendedOperations == 0 && checked.isComplete();
    return whole ? Outcome.PASSED : Outcome.NOT_RUN;
  }

  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public boolean passed() {
    return outcome() == Outcome.PASSED;
  }
}
