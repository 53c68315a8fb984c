package org.smmulator.history;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.story.ChangeLog;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Samples as JSON: times in nanoseconds, columns by name, null is unknown. */
final class HistoryJson {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * A sample as a reader is told it.
   *
   * @param whole whether what is not named is 0, and not as in the sample before
   */
  record Told(long nanos, boolean whole, Map<String, Long> changed) {}

  private HistoryJson() {}

  static String write(String name, History.Table table, ChangeLog changes, @Nullable Pace pace) {
    ObjectNode root = JSON.createObjectNode();
    ChangeLog.Steps steps = changes.steps();
    root.put("machine", name);
    root.put("clock", pace == null ? "real" : "virtual");
    root.put("state", Pace.word(pace));
    ArrayNode times = root.putArray("t");
    for (long nanos : table.nanos()) {
      times.add(nanos);
    }
    ObjectNode columns = root.putObject("columns");
    table.columns().forEach((column, values) -> numbers(columns.putArray(column), values));
    root.put("stepsBegun", steps.begun());
    steps(root, steps.last());
    return JSON.writeValueAsString(root) + "\n";
  }

  private static void numbers(ArrayNode array, long[] values) {
    for (long value : values) {
      if (value == Counts.UNKNOWN) {
        array.addNull();
      } else {
        array.add(value);
      }
    }
  }

  private static void steps(ObjectNode root, List<ChangeLog.Step> steps) {
    ArrayNode array = root.putArray("steps");
    for (ChangeLog.Step step : steps) {
      array.addObject().put("t", step.nanos()).put("step", step.words());
    }
  }

  /** What a reader is told at one time. */
  static String news(
      String state,
      List<Told> samples,
      long stepsBegun,
      List<ChangeLog.Step> steps,
      long changesVersion) {
    ObjectNode root = JSON.createObjectNode();
    root.put("state", state).put("changes", changesVersion);
    ArrayNode array = root.putArray("samples");
    for (Told sample : samples) {
      ObjectNode node = array.addObject().put("t", sample.nanos()).put("whole", sample.whole());
      ObjectNode changed = node.putObject("changed");
      for (Map.Entry<String, Long> each : sample.changed().entrySet()) {
        long value = each.getValue();
        changed.put(each.getKey(), value == Counts.UNKNOWN ? null : Long.valueOf(value));
      }
    }
    root.put("stepsBegun", stepsBegun);
    steps(root, steps);
    return JSON.writeValueAsString(root);
  }
}
