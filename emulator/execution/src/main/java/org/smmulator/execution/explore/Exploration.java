package org.smmulator.execution.explore;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What was explored of a story, a row for each strategy. */
public record Exploration(String story, List<Row> rows) {
  /**
   * One strategy.
   *
   * @param strategy its name, with its bound
   * @param orders how many orders ran; those drawn from seeds may have been the same
   * @param extent whether these are all within the bound
   * @param meetings in how many orders each meeting happened
   * @param checks comparisons that the story says it made
   * @param nanos how long it took
   */
  public record Row(
      String strategy,
      int orders,
      String extent,
      Map<String, Integer> meetings,
      long checks,
      long nanos) {
    Row and(Row more) {
      Map<String, Integer> both = new LinkedHashMap<>(meetings);
      more.meetings.forEach((meeting, times) -> both.merge(meeting, times, Integer::sum));
      return new Row(
          strategy, orders + more.orders, extent, both, checks + more.checks, nanos + more.nanos);
    }

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

  /** The orders that a find ended. */
  public static Exploration upTo(StoryFailure find) {
    Row row = new Row("ended by a find", find.orders(), "", Map.of(), 0, 0);
    return new Exploration(find.story().name(), List.of(row));
  }

  /** What the story is about. */
  public Set<String> meetings() {
    Set<String> all = new LinkedHashSet<>();
    rows.forEach(row -> all.addAll(row.meetings.keySet()));
    return all;
  }

  /** What both explored, rows of one strategy made one. */
  public Exploration and(Exploration more) {
    Map<String, Row> all = new LinkedHashMap<>();
    rows.forEach(row -> all.put(row.strategy, row));
    more.rows.forEach(row -> all.merge(row.strategy, row, Row::and));
    return new Exploration(story, List.copyOf(all.values()));
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
