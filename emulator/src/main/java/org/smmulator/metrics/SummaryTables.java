package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.smmulator.metrics.Latencies.Percentiles;

/** A summary as tables for a terminal. */
public final class SummaryTables {
  private static final String UNKNOWN = "unknown";
  private static final int DEVICES_PER_TABLE = 4;

  private SummaryTables() {}

  public static String render(Summary summary) {
    StringBuilder out = new StringBuilder();
    List<DeviceSummary> devices = summary.devices();
    for (int i = 0; i < devices.size(); i += DEVICES_PER_TABLE) {
      List<DeviceSummary> some =
          devices.subList(i, Math.min(devices.size(), i + DEVICES_PER_TABLE));
      out.append("Devices\n");
      devices(some).appendTo(out);
      out.append('\n');
    }
    out.append("Links\n");
    links(summary.links()).appendTo(out);
    out.append("\nSMMU caches\n");
    caches(summary.smmu()).appendTo(out);
    out.append("\nSMMU\n");
    smmu(summary.smmu()).appendTo(out);
    if (summary.verdict().applies()) {
      out.append("\nSVA\n");
      sva(summary.sva()).appendTo(out);
      out.append("\nVerdict: ").append(word(summary.verdict())).append('\n');
    } else {
      out.append("\nChecks of devices (with an external guest there is no verdict)\n");
    }
    checks(summary.verdict(), out);
    return out.toString();
  }

  private static TextTable devices(List<DeviceSummary> devices) {
    TextTable table = new TextTable(true);
    row(table, "", devices, DeviceSummary::id);
    row(table, "name", devices, DeviceSummary::name);
    row(table, "model", devices, DeviceSummary::model);
    row(table, "ATC lookups", devices, d -> count(d.atc().lookups()));
    row(table, "ATC hits", devices, d -> count(d.atc().hits()));
    row(table, "ATC misses", devices, d -> count(d.atc().misses()));
    row(table, "ATC hit ratio", devices, d -> percent(d.atc().hitRatio()));
    row(table, "ATC fills", devices, d -> count(d.atc().fills()));
    row(table, "ATC evictions", devices, d -> count(d.atc().evictions()));
    row(table, "invalidation requests", devices, d -> count(d.atc().invalidationRequests()));
    row(table, "ATC entries dropped", devices, d -> count(d.atc().entriesDropped()));
    row(table, "page requests", devices, d -> count(d.pageRequests()));
    row(table, "translated accesses", devices, d -> count(d.translatedAccesses()));
    row(table, "untranslated accesses", devices, d -> count(d.untranslatedAccesses()));
    row(table, "translation requests", devices, d -> count(d.translationRequests()));
    row(table, "  of them retries", devices, d -> count(d.translationRetries()));
    row(table, "translations held", devices, d -> count(d.translationsHeld()));
    row(table, "translations withheld", devices, d -> count(d.translationsWithheld()));
    row(table, "packets not permitted", devices, d -> count(d.packetsNotPermitted()));
    row(table, "resets", devices, d -> count(d.resets()));
    row(table, "violations", devices, d -> count(d.violations()));
    row(table, "invalidations timed out", devices, d -> count(d.invalidationsTimedOut()));
    row(table, "invalidations lost", devices, d -> count(d.invalidationsLost()));
    latency(table, "translation request", devices, d -> d.latencies().translationRequest());
    latency(table, "invalidation", devices, d -> d.latencies().invalidation());
    latency(table, "page request", devices, d -> d.latencies().pageRequest());
    return table;
  }

  private static <T> void row(
      TextTable table, String name, List<T> columns, Function<T, String> cell) {
    table.line(name, columns.stream().map(cell).toList());
  }

  private static void latency(
      TextTable table,
      String name,
      List<DeviceSummary> devices,
      Function<DeviceSummary, @Nullable Percentiles> kind) {
    row(table, name + " p50", devices, d -> p(kind.apply(d), Percentiles::p50));
    row(table, name + " p99", devices, d -> p(kind.apply(d), Percentiles::p99));
  }

  private static String p(@Nullable Percentiles latency, Function<Percentiles, Long> percentile) {
    return latency == null ? UNKNOWN : duration(percentile.apply(latency));
  }

  private static TextTable links(LinksSummary links) {
    TextTable table = new TextTable(true);
    table.line("accepted", count(links.accepted()));
    table.line("  of them refused", count(links.refused()));
    table.line("devices detached", count(links.detached()));
    table.line("devices lost", count(links.lost()));
    return table;
  }

  private static TextTable caches(SmmuSummary smmu) {
    List<CacheSummary> caches = List.of(smmu.tlb(), smmu.walkCache(), smmu.configurationCache());
    TextTable table = new TextTable(true);
    table.line("", "TLB", "walk", "configuration");
    row(table, "lookups", caches, c -> count(c.lookups()));
    row(table, "hits", caches, c -> count(c.hits()));
    row(table, "hit ratio", caches, c -> percent(c.hitRatio()));
    row(table, "insertions", caches, c -> count(c.insertions()));
    row(table, "evictions", caches, c -> count(c.evictions()));
    row(table, "invalidated", caches, c -> count(c.invalidated()));
    row(table, "resident", caches, c -> count(c.resident()));
    return table;
  }

  private static TextTable smmu(SmmuSummary smmu) {
    TextTable table = new TextTable(true);
    table.line("walks", count(smmu.walks()));
    table.line("descriptor reads", count(smmu.descriptorReads()));
    table.line("transactions stalled", count(smmu.stalls()));
    table.line("  of them now", count(smmu.stalledNow()));
    table.line("page requests queued", count(smmu.pageRequests()));
    table.line("page requests answered by itself", count(smmu.automaticResponses()));
    map(table, "commands", smmu.commands());
    map(table, "events", smmu.events());
    table.line("events lost", count(smmu.eventsLost()));
    return table;
  }

  private static TextTable sva(SvaSummary sva) {
    TextTable table = new TextTable(true);
    table.line("binds", count(sva.binds()));
    table.line("unbinds", count(sva.unbinds()));
    map(table, "notifier calls", sva.notifierCalls());
    table.line("mm exits", count(sva.mmExits()));
    table.line("PASIDs live", count(sva.pasidsLive()));
    table.line("PASIDs quarantined", count(sva.pasidsQuarantined()));
    table.line("page faults handled", count(sva.pageFaultsHandled()));
    table.line("page faults refused", count(sva.pageFaultsRefused()));
    return table;
  }

  private static void map(TextTable table, String name, Map<String, Long> counts) {
    if (counts.isEmpty()) {
      table.line(name, "none");
      return;
    }
    table.line(name, count(counts.values().stream().mapToLong(Long::longValue).sum()));
    counts.forEach((kind, number) -> table.line("  " + kind, count(number)));
  }

  private static String word(Verdict verdict) {
    return switch (verdict.outcome()) {
      case PASSED -> "PASSED";
      case FAILED -> verdict.cutShort() ? "FAILED (cut short)" : "FAILED";
      case NOT_RUN ->
          verdict.cutShort()
              ? "CUT SHORT"
              : verdict.unendedOperations() > 0
                  ? "NOT RUN (operations did not end)"
                  : "NOT RUN (not enough was checked)";
    };
  }

  private static void checks(Verdict verdict, StringBuilder out) {
    Verdict.Checked checked = verdict.checked();
    TextTable table = new TextTable(false);
    check(table, "data mismatches", verdict.dataMismatches(), bytes(checked));
    check(table, "stale accesses", verdict.staleAccesses(), accesses(checked));
    check(table, "overdue accesses", verdict.overdueAccesses(), accesses(checked));
    check(table, "frames freed under a live grant", verdict.freedUnderGrant(), frames(checked));
    check(table, "protocol violations", verdict.protocolViolations(), packets(checked));
    check(table, "operations that did not end", verdict.unendedOperations(), operations(checked));
    table.appendTo(out);
    for (ViolationSummary violation : verdict.violations()) {
      out.append("  ").append(describe(violation)).append('\n');
    }
    if (verdict.violationsLeftOut() > 0) {
      out.append("  and ").append(count(verdict.violationsLeftOut()));
      out.append(" more that are like none of these; the counts above are complete\n");
    }
  }

  private static void check(TextTable table, String name, long found, String looked) {
    table.line(name, count(found), "of " + looked);
  }

  private static String bytes(Verdict.Checked checked) {
    return count(checked.bytesCompared()) + " bytes compared";
  }

  private static String operations(Verdict.Checked checked) {
    return count(checked.operations()) + " operations begun";
  }

  private static String accesses(Verdict.Checked checked) {
    return count(checked.accessesChecked()) + " accesses checked";
  }

  private static String frames(Verdict.Checked checked) {
    String freed = count(checked.framesFreed()) + " frames freed, ";
    return freed + count(checked.grantsRevoked()) + " grants revoked";
  }

  private static String packets(Verdict.Checked checked) {
    return count(checked.packetsJudged()) + " packets judged";
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

  private static void part(List<String> where, String name, @Nullable Object value) {
    if (value != null) {
      where.add(name + " " + value);
    }
  }

  /** Thousands apart, so that numbers can be compared by their length. */
  static String count(@Nullable Long number) {
    return number == null ? UNKNOWN : String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(@Nullable Double ratio) {
    return ratio == null ? UNKNOWN : String.format(Locale.ROOT, "%.2f %%", ratio * 100);
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
