package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.bus.wire.WorkingSetCurve.Point;
import org.smmulator.pcie.DeviceCounters;

/** Working-set curves side by side: the hit ratio by the size of the ATC. */
public final class WorkingSetTables {
  private static final String UNKNOWN = "unknown";

  /**
   * One column.
   *
   * @param curve null if it is not known
   */
  public record Column(String title, @Nullable WorkingSetCurve curve) {}

  private WorkingSetTables() {}

  /** The curves of each device; a device that tells none has a column that says so. */
  static String ofDevices(List<DeviceCounters> devices) {
    List<Column> columns = new ArrayList<>();
    for (DeviceCounters device : devices) {
      if (device.workingSet().isEmpty()) {
        columns.add(new Column(device.id(), null));
      }
      device.workingSet().forEach(curve -> columns.add(new Column(device.id(), curve)));
    }
    return render(columns);
  }

  /** Whole lines. */
  public static String render(List<Column> columns) {
    TextTable table = new TextTable(true);
    row(table, "", columns, Column::title);
    row(table, "sets", columns, c -> known(c, WorkingSetTables::sets));
    row(table, "accesses followed", columns, c -> known(c, curve -> count(curve.accesses())));
    row(table, "sampled, one in", columns, c -> known(c, curve -> count(curve.onePageIn())));
    int largest = largest(columns);
    for (int entries = 1; entries <= largest; entries *= 2) {
      int size = entries;
      row(table, count(size) + " entries", columns, c -> known(c, curve -> ratio(curve, size)));
    }
    StringBuilder out = new StringBuilder();
    table.appendTo(out);
    return out.toString();
  }

  private static void row(
      TextTable table, String name, List<Column> columns, Function<Column, String> cell) {
    table.line(name, columns.stream().map(cell).toList());
  }

  private static String known(Column column, Function<WorkingSetCurve, String> cell) {
    return column.curve() == null ? UNKNOWN : cell.apply(column.curve());
  }

  private static String sets(WorkingSetCurve curve) {
    return curve.sets() == 1 ? "1 (any)" : count(curve.sets());
  }

  /** The first power of two at which no curve rises any more. */
  private static int largest(List<Column> columns) {
    List<Integer> sizes = new ArrayList<>();
    for (Column column : columns) {
      if (column.curve() != null) {
        sizes.add(column.curve().enough());
      }
    }
    int largest = sizes.stream().mapToInt(Integer::intValue).max().orElse(0);
    return largest == 0 ? 0 : Integer.highestOneBit(2 * largest - 1);
  }

  private static String ratio(WorkingSetCurve curve, int entries) {
    for (Point point : curve.points()) {
      if (point.entries() == entries) {
        double ratio = curve.hitRatio(point);
        return Double.isNaN(ratio) ? UNKNOWN : String.format(Locale.ROOT, "%.2f %%", 100 * ratio);
      }
    }
    return "-";
  }

  private static String count(long number) {
    return SummaryTables.count(number);
  }
}
