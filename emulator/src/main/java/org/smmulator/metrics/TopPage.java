package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.counter.Counts;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounter;

/** One look at a machine: what it does in a second, in a few lines, and a row for each device. */
public final class TopPage {
  private TopPage() {}

  /**
   * The lines.
   *
   * @param reverse whether the rows are the other way round
   */
  public static List<String> lines(Rates rates, DeviceColumn sort, boolean reverse) {
    List<String> lines = new ArrayList<>();
    lines.add(smmu(rates));
    lines.add(guest(rates));
    lines.add(checks(rates));
    lines.add("");
    lines.addAll(devices(rates, sort, reverse));
    return lines;
  }

  /** What can be pressed, in lines of 80 columns. */
  public static List<String> keys() {
    StringBuilder columns = new StringBuilder("Sort by:");
    for (DeviceColumn column : DeviceColumn.values()) {
      columns.append(column == DeviceColumn.INVALIDATIONS ? "\n        " : "");
      columns.append("  ").append(column.key()).append(' ').append(column.word());
    }
    return columns.append("; r reverse, space refresh, q quit").toString().lines().toList();
  }

  private static String smmu(Rates rates) {
    Counts<CacheCounter> before = rates.before().smmu().cache(SmmuCache.TLB);
    Counts<CacheCounter> after = rates.after().smmu().cache(SmmuCache.TLB);
    double lookups = rates.of(before.of(CacheCounter.LOOKUPS), after.of(CacheCounter.LOOKUPS));
    double hits = rates.of(before.of(CacheCounter.HITS), after.of(CacheCounter.HITS));
    return String.format(
        Locale.ROOT,
        "SMMU:   TLB %s lookups/s, %s hit; %s walks/s; %s commands/s, ATC_INV %s; %s events/s",
        rate(lookups),
        RateTables.percent(Rates.ratio(hits, lookups)),
        rate(rates.of(summary -> summary.smmu().counts().of(SmmuCounter.WALKS))),
        rate(rates.of(summary -> sum(summary.smmu().commands()))),
        rate(
            rates.of(summary -> summary.smmu().commands().getOrDefault(CommandOpcode.ATC_INV, 0L))),
        rate(rates.of(summary -> sum(summary.smmu().events()))));
  }

  private static long sum(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static String guest(Rates rates) {
    Counts<SvaCounter> sva = rates.after().sva();
    if (sva.of(SvaCounter.PASIDS_LIVE) == Counts.UNKNOWN) {
      return "Guest:  external";
    }
    return String.format(
        Locale.ROOT,
        "Guest:  %,d PASIDs live, %,d quarantined; %s page faults/s; %s notifier calls/s",
        sva.of(SvaCounter.PASIDS_LIVE),
        sva.of(SvaCounter.PASIDS_QUARANTINED),
        rate(rates.of(summary -> summary.sva().of(SvaCounter.PAGE_FAULTS_HANDLED))),
        rate(
            rates.of(
                summary ->
                    Stream.of(NotifierCall.values())
                        .mapToLong(summary.notifierCalls()::of)
                        .sum())));
  }

  private static String checks(Rates rates) {
    Verdict verdict = rates.after().verdict();
    List<String> found = new ArrayList<>();
    for (VerdictCounter row : VerdictCounter.values()) {
      if (row.isViolation() && verdict.found(row) > 0) {
        found.add(String.format(Locale.ROOT, "%,d %s", verdict.found(row), row.label()));
      }
    }
    String accesses =
        rate(rates.of(summary -> summary.verdict().checked(CheckedCounter.ACCESSES_CHECKED)));
    return found.isEmpty()
        ? "Checks: " + accesses + " accesses/s; nothing found"
        : "Checks: FAILED: " + String.join(", ", found);
  }

  private static List<String> devices(Rates rates, DeviceColumn sort, boolean reverse) {
    Comparator<DeviceCounters> order = sort.order(rates);
    List<DeviceCounters> devices =
        rates.after().devices().stream()
            .filter(DeviceCounters::attached)
            .sorted(reverse ? order.reversed() : order)
            .toList();
    if (devices.isEmpty()) {
      return List.of("no device is attached");
    }
    TextTable table = new TextTable(true);
    List<DeviceColumn> columns = List.of(DeviceColumn.values());
    line(table, columns.stream().map(c -> c == sort ? "*" + c.title() : c.title()).toList());
    for (DeviceCounters device : devices) {
      line(table, columns.stream().map(column -> column.cell(rates, device)).toList());
    }
    StringBuilder text = new StringBuilder();
    table.appendTo(text);
    return text.toString().lines().toList();
  }

  private static void line(TextTable table, List<String> cells) {
    table.line(cells.get(0), cells.subList(1, cells.size()));
  }

  private static String rate(double rate) {
    return Double.isNaN(rate) ? "-" : RateTables.rate(rate);
  }
}
