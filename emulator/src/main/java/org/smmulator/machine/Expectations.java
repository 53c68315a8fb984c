package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.smmulator.config.Expect;
import org.smmulator.config.ExpectedCount;
import org.smmulator.counter.CounterRow.Spelling;
import org.smmulator.counter.Counts;
import org.smmulator.guest.sched.Sched;
import org.smmulator.metrics.ExpectationResults;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;

/** Judges what a scenario expects, and keeps how it came out. Thread-safe. */
final class Expectations {
  /** Sentences that are kept. */
  static final int KEPT = 20;

  private static final long LOOK_NANOS = 1_000_000L;

  private final ScenarioGuest guest;
  private final Supplier<Verdict> verdict;
  private final List<String> sentences = new ArrayList<>();
  private final Map<VerdictCounter, Long> expected;
  private long met;
  private long unmet;
  private boolean decide;

  /**
   * @param verdict what the checks have found so far
   */
  Expectations(ScenarioGuest guest, Supplier<Verdict> verdict) {
    this(guest, verdict, new ConcurrentHashMap<>());
  }

  private Expectations(
      ScenarioGuest guest, Supplier<Verdict> verdict, Map<VerdictCounter, Long> expected) {
    this.guest = guest;
    this.verdict = verdict;
    this.expected = expected;
  }

  /**
   * Of a step by hand: what is met or not is said to who asked, and is nobody's verdict; but a
   * violation that was expected is none for anybody.
   */
  Expectations byHand() {
    return new Expectations(guest, verdict, expected);
  }

  /**
   * Judges what is expected of a step, as soon as it is met, or when the time for that is over.
   *
   * @return sentences about what is not met; none if all is
   */
  List<String> judge(Expect expect, StepAccount step) {
    Sched sched = guest.kernel().sched();
    long deadline = sched.nanoTime() + TimeUnit.MILLISECONDS.toNanos(expect.withinMillis());
    ExpectationCheck check = look(expect, step);
    while (!check.unmet().isEmpty() && sched.nanoTime() < deadline) {
      sched.sleep(LOOK_NANOS);
      check = look(expect, step);
    }
    if (expect.operations() != null && expect.operations().failed() != null) {
      take(VerdictCounter.UNENDED_OPERATIONS, step.takeUnended());
    }
    check.violations().forEach(this::take);
    check.unmet().forEach(this::unmet);
    met(check.met());
    return check.unmet();
  }

  private ExpectationCheck look(Expect expect, StepAccount step) {
    ExpectationCheck check = new ExpectationCheck(guest, expect, step);
    check.all();
    if (expect.violations() != null) {
      Verdict now = verdict.get();
      Map<String, ExpectedCount> given = expect.violations().given();
      for (VerdictCounter row : VerdictCounter.values()) {
        ExpectedCount count = given.get(Spelling.camelCase(row.name()));
        if (count != null) {
          check.violations(row, count, now.found(row) - expected(row));
        }
      }
    }
    return check;
  }

  private long expected(VerdictCounter row) {
    return expected.getOrDefault(row, 0L);
  }

  private void take(VerdictCounter row, long violations) {
    expected.merge(row, violations, Long::sum);
  }

  private synchronized void met(int count) {
    met += count;
  }

  /** Something that the scenario counts on has not come. */
  synchronized void unmet(String sentence) {
    unmet++;
    if (sentences.size() < KEPT) {
      sentences.add(sentence);
    }
  }

  /** The scenario has come to its end: from now on what it expects decides. */
  synchronized void over() {
    decide = true;
  }

  synchronized ExpectationResults results() {
    return new ExpectationResults(
        decide, met, unmet, sentences, Counts.of(VerdictCounter.class, this::expected));
  }
}
