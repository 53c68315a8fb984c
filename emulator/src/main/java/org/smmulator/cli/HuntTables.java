package org.smmulator.cli;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.smmulator.execution.explore.Exploration;
import org.smmulator.metrics.TextTable;

/**
 * What was explored of stories: how far by each strategy, and how often what they are about
 * happened.
 */
final class HuntTables {
  private HuntTables() {}

  /**
   * @param ended stories that ended badly, by their names
   */
  static String of(List<Exploration> explored, Collection<String> ended) {
    TextTable orders = new TextTable(true);
    orders.line("story", "strategy", "orders", "accesses checked", "orders/s", "finds");
    TextTable meetings = new TextTable(true);
    meetings.line("story", "meeting", "orders in which it happened");
    for (Exploration story : explored) {
      story.rows().forEach(row -> orders.line(story.story(), cells(row)));
      orders.line(
          story.story(),
          "all",
          number(story.orders()),
          number(story.rows().stream().mapToLong(Exploration.Row::checks).sum()),
          "",
          ended.contains(story.story()) ? "1" : "0");
      story
          .meetings()
          .forEach(meeting -> meetings.line(story.story(), meeting, number(story.met(meeting))));
    }
    StringBuilder text = new StringBuilder();
    orders.appendTo(text);
    meetings.appendTo(text.append('\n'));
    return text.toString();
  }

  private static List<String> cells(Exploration.Row row) {
    double perSecond = row.orders() * 1e9 / Math.max(row.nanos(), 1);
    return List.of(
        row.strategy(),
        number(row.orders()),
        number(row.checks()),
        row.nanos() == 0 ? "" : String.format(Locale.ROOT, "%.1f", perSecond),
        "");
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
