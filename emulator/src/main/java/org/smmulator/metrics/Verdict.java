package org.smmulator.metrics;

import static org.smmulator.metrics.CheckedCounter.ACCESSES_CHECKED;
import static org.smmulator.metrics.CheckedCounter.BYTES_COMPARED;
import static org.smmulator.metrics.CheckedCounter.FRAMES_FREED;
import static org.smmulator.metrics.CheckedCounter.GRANTS_REVOKED;
import static org.smmulator.metrics.CheckedCounter.PACKETS_JUDGED;

import java.util.List;
import java.util.stream.Stream;
import org.smmulator.counter.Counts;

/**
 * What the checks found, and how much they looked at. Violations fail a run; an operation that did
 * not end, because its device was lost, stopped or silent, is none, but what it was to show is not
 * shown.
 *
 * @param applies whether there is a verdict on the whole: not where an external guest runs, of
 *     whose memory nobody here knows what it must hold
 * @param cutShort whether the run was stopped before it was done, so that it cannot have passed
 * @param violations the first groups of violations, those of operations that did not end included
 * @param violationsLeftOut how many belong to no group that is listed; the counts are complete
 * @param expectations of the scenario; if there are any, they decide: a violation that is expected
 *     does not fail the run, an expectation that is not met does, and nothing else need be checked
 */
public record Verdict(
    boolean applies,
    boolean cutShort,
    Counts<VerdictCounter> found,
    Counts<CheckedCounter> checked,
    List<ViolationSummary> violations,
    long violationsLeftOut,
    ExpectationResults expectations) {
  /** What a verdict comes down to. */
  public enum Outcome {
    /**
     * Nothing was violated but what was expected, all operations ended, and each check had
     * something to check, or each expectation was met.
     */
    PASSED,
    /** Something was violated, or an expectation was not met. */
    FAILED,
    /** Nothing was violated, but not everything was run or checked. */
    NOT_RUN
  }

  public static final Verdict EMPTY =
      new Verdict(
          true,
          false,
          Counts.zero(VerdictCounter.class),
          Counts.zero(CheckedCounter.class),
          List.of(),
          0);

  public Verdict {
    violations = List.copyOf(violations);
  }

  /** Of a run in which nothing is expected. */
  public Verdict(
      boolean applies,
      boolean cutShort,
      Counts<VerdictCounter> found,
      Counts<CheckedCounter> checked,
      List<ViolationSummary> violations,
      long violationsLeftOut) {
    this(applies, cutShort, found, checked, violations, violationsLeftOut, ExpectationResults.NONE);
  }

  public long found(VerdictCounter row) {
    return found.of(row);
  }

  public long checked(CheckedCounter row) {
    return checked.of(row);
  }

  /** The same verdict of a run that was stopped. */
  Verdict ofCutShort() {
    return new Verdict(applies, true, found, checked, violations, violationsLeftOut, expectations);
  }

  /** How many of a kind were found that nobody expected. */
  private long unexpected(VerdictCounter row) {
    return Math.max(0, found.of(row) - expectations.violations().of(row));
  }

  /**
   * Whether nothing was violated so far but what was expected, and no expectation was unmet,
   * however little was checked.
   */
  public boolean clean() {
    return expectations.unmet() == 0 && !isViolated();
  }

  private boolean isViolated() {
    return Stream.of(VerdictCounter.values())
        .anyMatch(row -> row.isViolation() && unexpected(row) != 0);
  }

  /** Why a run has not passed, in words that follow its name. */
  public String why() {
    if (isViolated()) {
      return "the checks found a violation";
    }
    return expectations.unmet() > 0
        ? "not all that is expected came, and nothing else was found"
        : "nothing was found, but not all was run or checked";
  }

  /** Whether it is {@link #clean}, and all that was begun has ended; for tests of a part. */
  public boolean faultless() {
    return clean() && !cutShort && unexpected(VerdictCounter.UNENDED_OPERATIONS) == 0;
  }

  public Outcome outcome() {
    if (!clean()) {
      return Outcome.FAILED;
    }
    return faultless() && (expectations.decide() || isComplete())
        ? Outcome.PASSED
        : Outcome.NOT_RUN;
  }

  /** Whether each check had something to check. */
  private boolean isComplete() {
    return Stream.of(BYTES_COMPARED, ACCESSES_CHECKED, GRANTS_REVOKED, FRAMES_FREED, PACKETS_JUDGED)
        .allMatch(row -> checked.of(row) > 0);
  }

  public boolean passed() {
    return outcome() == Outcome.PASSED;
  }
}
