package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.counter.Counts;

/** The steps of a summary as a table: a line for each step that told devices of a change. */
final class StepLines {
  private static final List<String> NO_DEVICE = List.of("", "", "", "", "");

  private StepLines() {}

  static boolean areWorthATable(List<StepSummary> steps) {
    return steps.stream().anyMatch(StepLines::isShown);
  }

  private static boolean isShown(StepSummary step) {
    return step.notifierCalls() > 0 || !step.devices().isEmpty();
  }

  static TextTable table(List<StepSummary> steps) {
    TextTable table = new TextTable(true);
    table.line(
        "",
        "pages",
        "notifier calls",
        "commands",
        "device",
        "requests",
        "dropped",
        "not named",
        "done after");
    for (StepSummary step : steps) {
      if (isShown(step)) {
        add(table, step);
      }
    }
    return table;
  }

  private static void add(TextTable table, StepSummary step) {
    List<StepSummary.OnDevice> devices = step.devices();
    List<String> counts =
        List.of(
            step.pages() == 0 ? "" : SummaryTables.count(step.pages()),
            SummaryTables.count(step.notifierCalls()),
            SummaryTables.count(step.commands()));
    for (int i = 0; i < Math.max(1, devices.size()); i++) {
      List<String> cells = new ArrayList<>(i == 0 ? counts : List.of("", "", ""));
      cells.addAll(devices.isEmpty() ? NO_DEVICE : cells(devices.get(i)));
      table.line(i == 0 ? step.step() : "", cells);
    }
  }

  private static List<String> cells(StepSummary.OnDevice device) {
    long nanos = device.lastCompletionNanos();
    return List.of(
        device.device(),
        SummaryTables.count(device.requests()),
        SummaryTables.count(device.entriesDropped()),
        SummaryTables.count(device.pagesOverInvalidated()),
        nanos == Counts.UNKNOWN ? "never" : SummaryTables.duration(nanos));
  }
}
