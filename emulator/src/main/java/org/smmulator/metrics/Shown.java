package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.CounterRow.Spelling;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;

/**
 * One count with its place in the JSON, such as {@code /smmu/tlb/hits}.
 *
 * @param pointer in the JSON of the machine or of one device
 * @param value or {@link Counts#UNKNOWN}
 */
record Shown(String pointer, CounterRow row, long value) {
  static final String LINKS = "/links";
  static final String RULES_BROKEN = LINKS + "/rulesBroken";
  static final String VFIO_USER = "/vfioUser";
  static final String SMMU = "/smmu";
  static final String DRIVER = "/smmuDriver";
  static final String MM = "/mm";
  static final String SVA = "/sva";
  static final String NOTIFIER_CALLS = SVA + "/notifierCalls";
  static final String VERDICT = "/verdict";
  static final String CHECKED = VERDICT + "/checked";
  static final String ATC = "/atc";
  private static final String REPORTED = "/reported";

  /** Every count of a machine but those of its devices, and those by opcode or event. */
  static List<Shown> ofMachine(Summary summary) {
    List<Shown> all = new ArrayList<>();
    add(all, LINKS, summary.links());
    add(all, RULES_BROKEN, summary.rulesBroken());
    add(all, VFIO_USER, summary.vfioUser());
    for (SmmuCache cache : SmmuCache.values()) {
      add(all, place(cache), summary.smmu().cache(cache));
    }
    add(all, SMMU, summary.smmu().counts());
    add(all, DRIVER, summary.driver());
    add(all, MM, summary.mm());
    add(all, SVA, summary.sva());
    add(all, NOTIFIER_CALLS, summary.notifierCalls());
    add(all, VERDICT, summary.verdict().found());
    add(all, CHECKED, summary.verdict().checked());
    return all;
  }

  /** Every count of a device. */
  static List<Shown> ofDevice(DeviceCounters device) {
    List<Shown> all = new ArrayList<>();
    for (DeviceCounter row : DeviceCounter.values()) {
      all.add(new Shown(pointer(row), row, device.reported(row)));
    }
    for (FunctionCounter row : FunctionCounter.values()) {
      all.add(new Shown(pointer("", row), row, device.count(row)));
    }
    return all;
  }

  private static <R extends Enum<R> & CounterRow> void add(
      List<Shown> all, String place, Counts<R> counts) {
    counts.forEach((row, value) -> all.add(new Shown(pointer(place, row), row, value)));
  }

  /** Where the counts of a cache are. */
  static String place(SmmuCache cache) {
    return SMMU + "/" + Spelling.camelCase(cache.name());
  }

  static String pointer(String place, CounterRow row) {
    return place + "/" + Spelling.camelCase(row.name());
  }

  /** Of what a device reports: its ATC by itself, the rest beside what the root complex counted. */
  static String pointer(DeviceCounter row) {
    return row.isOfAtc()
        ? ATC + "/" + Spelling.camelCase(row.name().replaceFirst("^ATC_", ""))
        : pointer(REPORTED, row);
  }

  /** Hits per lookup, 0 to 1; NaN before the first lookup, or unknown. */
  static double hitRatio(DeviceCounters device) {
    return ratio(
        device.reported(DeviceCounter.ATC_HITS), device.reported(DeviceCounter.ATC_LOOKUPS));
  }

  /** Hits per lookup, 0 to 1; NaN before the first lookup. */
  static double hitRatio(Counts<CacheCounter> cache) {
    return ratio(cache.of(CacheCounter.HITS), cache.of(CacheCounter.LOOKUPS));
  }

  private static double ratio(long hits, long lookups) {
    return hits == Counts.UNKNOWN || lookups <= 0 ? Double.NaN : (double) hits / lookups;
  }
}
