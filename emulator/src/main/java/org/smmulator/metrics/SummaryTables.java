package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.PacketField;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.CounterRow.Spelling;
import org.smmulator.counter.Counts;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.ProtocolRule;
import org.smmulator.pcie.RoundTrips;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.vfio.VfioCounter;

/** A summary as tables for a terminal. */
public final class SummaryTables {
  private static final String UNKNOWN = "unknown";
  private static final int DEVICES_PER_TABLE = 4;

  private SummaryTables() {}

  public static String render(Summary summary) {
    StringBuilder out = new StringBuilder();
    List<DeviceCounters> devices = summary.devices();
    for (int i = 0; i < devices.size(); i += DEVICES_PER_TABLE) {
      List<DeviceCounters> some =
          devices.subList(i, Math.min(devices.size(), i + DEVICES_PER_TABLE));
      out.append("Devices\n");
      devices(some).appendTo(out);
      out.append("\nWorking sets: the hit ratio that other ATCs would have had\n");
      out.append(WorkingSetTables.ofDevices(some)).append('\n');
    }
    out.append("Links\n");
    links(summary).appendTo(out);
    if (summary.vfioUser().of(VfioCounter.CLIENTS) != Counts.UNKNOWN) {
      out.append("\nvfio-user\n");
      counts(summary.vfioUser()).appendTo(out);
    }
    out.append("\nSMMU caches\n");
    caches(summary.smmu()).appendTo(out);
    out.append("\nSMMU\n");
    smmu(summary.smmu()).appendTo(out);
    if (summary.verdict().applies()) {
      out.append("\nSMMU driver\n");
      counts(summary.driver()).appendTo(out);
      out.append("\nAddress spaces\n");
      mm(summary).appendTo(out);
      out.append("\nSVA\n");
      counts(summary.sva()).appendTo(out);
      if (StepLines.areWorthATable(summary.steps())) {
        out.append("\nSteps\n");
        StepLines.table(summary.steps()).appendTo(out);
      }
    }
    return out.append('\n').append(verdict(summary.verdict())).toString();
  }

  /** What the checks found, each violation with its sentence. */
  public static String verdict(Verdict verdict) {
    StringBuilder out = new StringBuilder();
    if (verdict.applies()) {
      out.append("Verdict: ").append(word(verdict)).append('\n');
    } else {
      out.append("Checks of devices (with an external guest there is no verdict)\n");
    }
    checks(verdict, out);
    expectations(verdict.expectations(), out);
    return out.toString();
  }

  private static TextTable devices(List<DeviceCounters> devices) {
    TextTable table = new TextTable(true);
    row(table, "", devices, DeviceCounters::id);
    row(table, "name", devices, DeviceCounters::name);
    row(table, "model", devices, DeviceCounters::model);
    for (DeviceCounter row : DeviceCounter.values()) {
      String whose = row.isOfAtc() ? "" : "reported ";
      row(table, whose + row.label(), devices, d -> count(d.reported(row)));
      if (row == DeviceCounter.ATC_MISSES) {
        row(table, "ATC hit ratio", devices, d -> percent(Shown.hitRatio(d)));
      }
    }
    for (FunctionCounter row : FunctionCounter.values()) {
      row(table, row.label(), devices, d -> count(d.count(row)));
    }
    for (LatencyHistogram kind : LatencyHistogram.values()) {
      String name = Spelling.words(kind.name());
      row(table, name + " p50", devices, d -> duration(d.latency(kind), RoundTrips::p50));
      row(table, name + " p99", devices, d -> duration(d.latency(kind), RoundTrips::p99));
    }
    return table;
  }

  private static <T> void row(
      TextTable table, String name, List<T> columns, Function<T, String> cell) {
    table.line(name, columns.stream().map(cell).toList());
  }

  private static <R extends Enum<R> & CounterRow> TextTable counts(Counts<R> counts) {
    TextTable table = new TextTable(true);
    counts.forEach((row, count) -> table.line(row.label(), count(count)));
    return table;
  }

  private static TextTable links(Summary summary) {
    TextTable table = counts(summary.links());
    Counts<ProtocolRule> broken = summary.rulesBroken();
    List<ProtocolRule> rules =
        Stream.of(ProtocolRule.values()).filter(rule -> broken.of(rule) > 0).toList();
    table.line("rules broken", rules.isEmpty() ? "none" : sum(rules.stream().map(broken::of)));
    rules.forEach(rule -> table.line("  " + rule.label(), count(broken.of(rule))));
    return table;
  }

  private static TextTable caches(SmmuCounters smmu) {
    List<SmmuCache> caches = List.of(SmmuCache.values());
    TextTable table = new TextTable(true);
    row(table, "", caches, SmmuCache::label);
    for (CacheCounter row : CacheCounter.values()) {
      row(table, row.label(), caches, c -> count(smmu.cache(c).of(row)));
      if (row == CacheCounter.HITS) {
        row(table, "hit ratio", caches, c -> percent(Shown.hitRatio(smmu.cache(c))));
      }
    }
    return table;
  }

  private static TextTable smmu(SmmuCounters smmu) {
    TextTable table = counts(smmu.counts());
    byName(table, "commands", smmu.commands());
    byName(table, "events", smmu.events());
    return table;
  }

  private static TextTable mm(Summary summary) {
    TextTable table = counts(summary.mm());
    Counts<NotifierCall> calls = summary.notifierCalls();
    table.line("notifier calls", sum(Stream.of(NotifierCall.values()).map(calls::of)));
    calls.forEach((row, count) -> table.line("  " + row.label(), count(count)));
    return table;
  }

  private static void byName(TextTable table, String name, Map<? extends Enum<?>, Long> counts) {
    if (counts.isEmpty()) {
      table.line(name, "none");
      return;
    }
    table.line(name, sum(counts.values().stream()));
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((kind, number) -> sorted.put(kind.name(), number));
    sorted.forEach((kind, number) -> table.line("  " + kind, count(number)));
  }

  private static String word(Verdict verdict) {
    return switch (verdict.outcome()) {
      case PASSED -> "PASSED";
      case FAILED -> verdict.cutShort() ? "FAILED (cut short)" : "FAILED";
      case NOT_RUN ->
          verdict.cutShort()
              ? "CUT SHORT"
              : verdict.found(VerdictCounter.UNENDED_OPERATIONS) > 0
                  ? "NOT RUN (operations did not end)"
                  : "NOT RUN (not enough was checked)";
    };
  }

  private static void checks(Verdict verdict, StringBuilder out) {
    TextTable table = new TextTable(false);
    for (VerdictCounter row : VerdictCounter.values()) {
      String looked =
          row.of().stream()
              .map(checked -> count(verdict.checked(checked)) + " " + checked.label())
              .collect(Collectors.joining(", "));
      long expected = verdict.expectations().violations().of(row);
      String known = expected == 0 ? "" : "; " + count(expected) + " expected";
      String of = looked.isEmpty() ? "" : "of " + looked;
      table.line(row.label(), count(verdict.found(row)), of + known);
    }
    table.appendTo(out);
    for (ViolationSummary violation : verdict.violations()) {
      out.append("  ").append(describe(violation)).append('\n');
      packet(violation.packet(), out);
    }
    if (verdict.violationsLeftOut() > 0) {
      out.append("  and ").append(count(verdict.violationsLeftOut()));
      out.append(" more that are like none of these; the counts above are complete\n");
    }
  }

  private static void expectations(ExpectationResults results, StringBuilder out) {
    if (results.decide() || results.unmet() > 0) {
      String unmet = results.unmet() == 0 ? "" : ", " + count(results.unmet()) + " not met";
      out.append("Expectations: ").append(count(results.met())).append(" met").append(unmet);
      out.append('\n');
      results.sentences().forEach(line -> out.append("  ").append(line).append('\n'));
      long others = results.unmet() - results.sentences().size();
      if (others > 0) {
        out.append("  and ").append(count(others)).append(" more that were not met\n");
      }
    }
  }

  private static String describe(ViolationSummary violation) {
    List<String> where = new ArrayList<>();
    part(where, "device", violation.device());
    part(where, "PASID", violation.pasid());
    part(where, "address", violation.address());
    part(where, "frame", violation.frame());
    String place = where.isEmpty() ? "" : String.join(", ", where) + ": ";
    long others = violation.count() - 1;
    String more = others == 0 ? "" : " (and " + count(others) + " more like it)";
    return violation.kind().words() + ": " + place + violation.text() + more;
  }

  private static void packet(@Nullable Map<String, String> packet, StringBuilder out) {
    if (packet != null) {
      List<String> fields = new ArrayList<>();
      for (PacketField field : PacketField.values()) {
        part(fields, field.words(), packet.get(field.key()));
      }
      out.append("    packet: ").append(String.join(", ", fields)).append('\n');
    }
  }

  private static void part(List<String> where, String name, @Nullable Object value) {
    if (value != null) {
      where.add(name + " " + value);
    }
  }

  private static String sum(Stream<Long> counts) {
    return count(counts.mapToLong(Long::longValue).sum());
  }

  /** Thousands apart, so that numbers can be compared by their length. */
  static String count(long number) {
    return number == Counts.UNKNOWN ? UNKNOWN : String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(double ratio) {
    return Double.isNaN(ratio) ? UNKNOWN : String.format(Locale.ROOT, "%.2f %%", ratio * 100);
  }

  private static String duration(
      @Nullable RoundTrips latency, ToLongFunction<RoundTrips> percentile) {
    return latency == null ? UNKNOWN : duration(percentile.applyAsLong(latency));
  }

  /** Three significant digits or so, in the unit that needs no zeros. */
  static String duration(long nanos) {
    if (nanos < 1_000) {
      return nanos + " ns";
    }
    if (nanos < 1_000_000) {
      return String.format(Locale.ROOT, "%.1f us", nanos / 1e3);
    }
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }
}
