package org.smmulator.execution.explore;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was explored of a story, a row for each strategy. */
public record Exploration(String story, List<Row> rows) {
  /**
   * One strategy.
   *
   * @param strategy its name, with its bound
   * @param orders how many orders ran; those drawn from seeds may have been the same
   * @param extent whether these are all within the bound
   * @param meetings in how many orders each meeting happened
   * @param nanos how long it took
   */
  public record Row(
      String strategy, int orders, String extent, Map<String, Integer> meetings, long nanos) {
    String text(String story) {
      double seconds = nanos / 1e9;
      return String.format(
          Locale.ROOT,
          "%-40s  %-22s %8d orders, %-13s %6.1f s, %6.0f a second; met %s",
          story,
          strategy,
          orders,
          extent,
          seconds,
          orders / Math.max(seconds, 1e-9),
          meetings);
    }
  }

  public Exploration {
    rows = List.copyOf(rows);
  }

  /** In how many orders a meeting happened. */
  public int met(String meeting) {
    return rows.stream().mapToInt(row -> row.meetings.getOrDefault(meeting, 0)).sum();
  }

  public int orders() {
    return rows.stream().mapToInt(Row::orders).sum();
  }

  /** The rows, one a line. */
  @Override
  public String toString() {
    return String.join("\n", rows.stream().map(row -> row.text(story)).toList());
  }
}
