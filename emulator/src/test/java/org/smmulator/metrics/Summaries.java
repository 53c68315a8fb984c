package org.smmulator.metrics;

import java.util.List;
import java.util.Map;
import org.smmulator.metrics.Latencies.Percentiles;

/** Summaries for tests; every number is another one. */
public final class Summaries {
  public static final Verdict.Checked CHECKED = new Verdict.Checked(906, 901, 902, 903, 904, 905);

  private Summaries() {}

  /** Of a machine with one device that reports and one that does not; nothing is wrong. */
  public static Summary passed() {
    return new Summary(
        List.of(reporting(), silent()),
        new LinksSummary(911, 912, 913, 914),
        smmu(),
        sva(),
        new Verdict(true, false, 0, 0, 0, 0, 0, 0, CHECKED, List.of(), 0));
  }

  public static Summary failed() {
    ViolationSummary stale =
        new ViolationSummary(
            ViolationSummary.Kind.STALE_ACCESS,
            "00:04.0",
            7,
            ViolationSummary.hex(0x7000),
            ViolationSummary.hex(0x4000_1000L),
            "write without a live grant",
            377);
    Summary good = passed();
    return new Summary(
        good.devices(),
        good.links(),
        good.smmu(),
        good.sva(),
        new Verdict(true, false, 0, 1, 6, 0, 0, 7, CHECKED, List.of(stale), 91));
  }

  private static DeviceSummary reporting() {
    return new DeviceSummary(
        "00:04.0",
        "small",
        "dma",
        new AtcSummary(1_234_567L, 1_000_000L, 234_567L, 104L, 105L, 106L, 107L),
        108L,
        109L,
        110L,
        111L,
        112L,
        115L,
        116L,
        117L,
        118L,
        119L,
        113L,
        114L,
        new Latencies(
            new Percentiles(950, 12_340), new Percentiles(5_600_000, 7_000_000_000L), null));
  }

  private static DeviceSummary silent() {
    return new DeviceSummary(
        "00:05.0",
        "large",
        "dma",
        AtcSummary.UNKNOWN,
        null,
        208L,
        209L,
        210L,
        null,
        215L,
        216L,
        217L,
        218L,
        219L,
        213L,
        214L,
        Latencies.UNKNOWN);
  }

  private static SmmuSummary smmu() {
    return new SmmuSummary(
        new CacheSummary(301, 302, 321, 322, 323, 324),
        new CacheSummary(331, 332, 333, 334, 335, 336),
        new CacheSummary(305, 306, 341, 342, 343, 344),
        303,
        304,
        Map.of("SYNC", 307L, "ATC_INV", 308L),
        Map.of("F_TRANSLATION", 309L),
        310,
        311,
        312,
        313,
        314);
  }

  private static SvaSummary sva() {
    return new SvaSummary(401, 402, Map.of("invalidateRange", 403L), 404, 405, 406, 407, 408);
  }
}
