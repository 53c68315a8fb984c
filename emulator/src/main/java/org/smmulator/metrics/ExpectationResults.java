package org.smmulator.metrics;

import java.util.List;
import org.smmulator.counter.Counts;

/**
 * What became of what a scenario expects.
 *
 * @param decide whether it expects anything: then that decides, and not how much was checked
 * @param met expectations that were met
 * @param unmet those that were not
 * @param sentences about the first of these, one each
 * @param violations that were expected, operations that did not end included
 */
public record ExpectationResults(
    boolean decide,
    long met,
    long unmet,
    List<String> sentences,
    Counts<VerdictCounter> violations) {
  /** Of a scenario that expects nothing. */
  public static final ExpectationResults NONE =
      new ExpectationResults(false, 0, 0, List.of(), Counts.zero(VerdictCounter.class));

  public ExpectationResults {
    sentences = List.copyOf(sentences);
  }
}
