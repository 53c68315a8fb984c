package org.smmulator.metrics;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.CounterRow.Kind;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.smmu.port.SmmuCache;

/**
 * What changed between two summaries, for each second; what did not change is left out, but for a
 * violation.
 */
public final class RateTables {
  private static final String UNKNOWN = "unknown";
  private static final double FEW = 100;

  private RateTables() {}

  /** Whole lines. */
  public static String render(Rates rates) {
    StringBuilder out = new StringBuilder();
    devices(rates, out);
    machine(rates, out);
    byName(
        "Commands", rates, rates.before().smmu().commands(), rates.after().smmu().commands(), out);
    byName("Events", rates, rates.before().smmu().events(), rates.after().smmu().events(), out);
    if (out.isEmpty()) {
      out.append("  nothing was counted\n");
    }
    if (!rates.after().verdict().clean()) {
      out.append("Verdict: FAILED so far\n");
    }
    return out.toString();
  }

  private static void devices(Rates rates, StringBuilder out) {
    List<DeviceCounters> devices =
        rates.after().devices().stream().filter(DeviceCounters::attached).toList();
    TextTable table = new TextTable(true);
    table.line("", devices.stream().map(DeviceCounters::id).toList());
    table.line("name", devices.stream().map(DeviceCounters::name).toList());
    boolean isEmpty = true;
    for (DeviceCounter row : DeviceCounter.values()) {
      if (row.isOfAtc() || !isCountedOnBothEnds(row)) {
        isEmpty &= !line(table, row, devices, device -> rates.of(device, row));
      }
      if (row == DeviceCounter.ATC_MISSES && !isEmpty) {
        table.line("ATC hit ratio", devices.stream().map(d -> percent(rates.hitRatio(d))).toList());
      }
    }
    for (FunctionCounter row : FunctionCounter.values()) {
      isEmpty &= !line(table, row, devices, device -> rates.of(device, row));
    }
    if (!isEmpty) {
      out.append("Devices\n");
      table.appendTo(out);
    }
  }

  /** What the root complex counts by the same name is not shown twice. */
  private static boolean isCountedOnBothEnds(DeviceCounter row) {
    for (FunctionCounter counted : FunctionCounter.values()) {
      if (counted.name().equals(row.name())) {
        return true;
      }
    }
    return false;
  }

  /** Whether there was something to say. */
  private static boolean line(
      TextTable table,
      CounterRow row,
      List<DeviceCounters> devices,
      ToDoubleFunction<DeviceCounters> rate) {
    boolean changed =
        row.facts().kind() == Kind.COUNTER
            && devices.stream().mapToDouble(rate).anyMatch(each -> each > 0);
    if (changed) {
      table.line(row.label(), devices.stream().map(d -> rate(rate.applyAsDouble(d))).toList());
    }
    return changed;
  }

  private static void machine(Rates rates, StringBuilder out) {
    List<Shown> before = Shown.ofMachine(rates.before());
    List<Shown> after = Shown.ofMachine(rates.after());
    Map<String, String> titles = titles();
    TextTable table = new TextTable(true);
    String place = "";
    for (int i = 0; i < after.size(); i++) {
      Shown shown = after.get(i);
      double rate = rates.of(before.get(i).value(), shown.value());
      if (shown.row().facts().kind() != Kind.COUNTER || !(rate > 0)) {
        continue;
      }
      String here = shown.pointer().substring(0, shown.pointer().lastIndexOf('/'));
      if (!here.equals(place)) {
        table.appendTo(out);
        table = new TextTable(true);
        out.append(titles.get(here)).append('\n');
        place = here;
      }
      table.line(shown.row().label(), rate(rate));
    }
    table.appendTo(out);
  }

  private static Map<String, String> titles() {
    Map<String, String> titles = new TreeMap<>();
    titles.put(Shown.LINKS, "Links");
    titles.put(Shown.RULES_BROKEN, "Rules broken");
    titles.put(Shown.VFIO_USER, "vfio-user");
    for (SmmuCache cache : SmmuCache.values()) {
      titles.put(Shown.place(cache), "SMMU " + cache.label());
    }
    titles.put(Shown.SMMU, "SMMU");
    titles.put(Shown.DRIVER, "SMMU driver");
    titles.put(Shown.MM, "Address spaces");
    titles.put(Shown.SVA, "SVA");
    titles.put(Shown.NOTIFIER_CALLS, "Notifier calls");
    titles.put(Shown.VERDICT, "Found");
    titles.put(Shown.CHECKED, "Checked");
    return titles;
  }

  private static <E extends Enum<E>> void byName(
      String title, Rates rates, Map<E, Long> before, Map<E, Long> after, StringBuilder out) {
    Map<String, Double> changed = new TreeMap<>();
    after.forEach(
        (kind, count) -> {
          double rate = rates.of(before.getOrDefault(kind, 0L), count);
          if (rate > 0) {
            changed.put(kind.name(), rate);
          }
        });
    if (!changed.isEmpty()) {
      out.append(title).append('\n');
      TextTable table = new TextTable(true);
      changed.forEach((name, rate) -> table.line(name, rate(rate)));
      table.appendTo(out);
    }
  }

  /** With a decimal where it says something. */
  static String rate(double rate) {
    if (Double.isNaN(rate)) {
      return UNKNOWN;
    }
    return String.format(Locale.ROOT, rate == 0 || rate >= FEW ? "%,.0f" : "%.1f", rate);
  }

  static String percent(double ratio) {
    return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f %%", ratio * 100);
  }
}
