package org.smmulator.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.event.EventType;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.bus.wire.WorkingSetCurve;
import org.smmulator.counter.CounterRow;
import org.smmulator.counter.Counts;
import org.smmulator.guest.iommu.smmuv3.DriverCounter;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.LinkCounter;
import org.smmulator.pcie.PasidCounter;
import org.smmulator.pcie.PasidCounts;
import org.smmulator.pcie.ProtocolRule;
import org.smmulator.pcie.RoundTrips;
import org.smmulator.smmu.port.CacheCounter;
import org.smmulator.smmu.port.SmmuCache;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.SmmuCounters;
import org.smmulator.vfio.VfioCounter;

/** Summaries for tests; every number is another one. */
public final class Summaries {
  public static final Counts<CheckedCounter> CHECKED =
      Counts.of(CheckedCounter.class, row -> 900 + row.slot());
  static final Verdict GOOD =
      new Verdict(true, false, Counts.zero(VerdictCounter.class), CHECKED, List.of(), 0);

  private Summaries() {}

  /** Of a machine with one device that reports and one that does not; nothing is wrong. */
  public static Summary passed() {
    return new Summary(
        List.of(reporting(), silent()),
        Counts.of(LinkCounter.class, row -> 10_911 + row.slot()),
        Counts.of(ProtocolRule.class, row -> 700 + row.slot()),
        Counts.of(VfioCounter.class, row -> 11_100 + row.slot()),
        smmu(),
        Counts.of(DriverCounter.class, row -> 850 + row.slot()),
        Counts.of(MmCounter.class, row -> 500 + row.slot()),
        Counts.of(NotifierCall.class, row -> 600 + row.slot()),
        Counts.of(SvaCounter.class, row -> 400 + row.slot()),
        GOOD,
        List.of(
            new StepSummary(
                "munmap alice 0-15",
                16,
                1,
                40,
                List.of(
                    new StepSummary.OnDevice("00:04.0", 2, 15, 1, 38_100),
                    new StepSummary.OnDevice(
                        "00:05.0", 1, Counts.UNKNOWN, Counts.UNKNOWN, Counts.UNKNOWN))),
            new StepSummary("wait busy", 0, 0, 0, List.of())));
  }

  /** The same machine later: each count has grown by 10 for each time, and each gauge too. */
  public static Summary grown(int times) {
    Summary begun = passed();
    long more = 10L * times;
    return new Summary(
        begun.devices().stream().map(device -> grown(device, more)).toList(),
        grown(begun.links(), LinkCounter.class, more),
        grown(begun.rulesBroken(), ProtocolRule.class, 0),
        grown(begun.vfioUser(), VfioCounter.class, more),
        begun.smmu(),
        begun.driver(),
        begun.mm(),
        begun.notifierCalls(),
        grown(begun.sva(), SvaCounter.class, more),
        begun.verdict(),
        begun.steps());
  }

  private static DeviceCounters grown(DeviceCounters device, long more) {
    return new DeviceCounters(
        device.id(),
        device.name(),
        device.model(),
        true,
        device.isolated(),
        grown(device.counted(), FunctionCounter.class, more),
        grown(device.reported(), DeviceCounter.class, more),
        device.workingSet(),
        device.pasids(),
        device.latencies());
  }

  private static <R extends Enum<R> & CounterRow> Counts<R> grown(
      Counts<R> counts, Class<R> rows, long more) {
    return Counts.of(
        rows, row -> counts.of(row) == Counts.UNKNOWN ? Counts.UNKNOWN : counts.of(row) + more);
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
            377,
            Map.of("type", "memory write", "requesterId", "00:04.0"));
    return passed()
        .with(
            new Verdict(
                true,
                false,
                found(
                    Map.of(
                        VerdictCounter.STALE_ACCESSES, 1L,
                        VerdictCounter.OVERDUE_ACCESSES, 6L,
                        VerdictCounter.UNENDED_OPERATIONS, 7L)),
                CHECKED,
                List.of(stale),
                91));
  }

  /** What checks found, and nothing else. */
  static Counts<VerdictCounter> found(Map<VerdictCounter, Long> found) {
    return Counts.of(VerdictCounter.class, row -> found.getOrDefault(row, 0L));
  }

  private static DeviceCounters reporting() {
    return new DeviceCounters(
        "00:04.0",
        "small",
        "dma",
        true,
        null,
        Counts.of(FunctionCounter.class, row -> 100 + row.slot()),
        Counts.of(
            DeviceCounter.class,
            row ->
                switch (row) {
                  case ATC_LOOKUPS -> 1_234_567;
                  case ATC_HITS -> 1_000_000;
                  default -> 150 + row.slot();
                }),
        List.of(
            WorkingSetCurve.of(1, 1_000, 1, new long[] {100, 200, 0, 300, 0, 0, 0, 50}),
            WorkingSetCurve.of(2, 1_000, 4, new long[] {150, 400, 0, 0})),
        List.of(
            new PasidCounts("1", "alice", Counts.of(PasidCounter.class, row -> 950 + row.slot())),
            new PasidCounts("none", "", Counts.of(PasidCounter.class, row -> 960 + row.slot()))),
        Map.of(
            LatencyHistogram.TRANSLATION_REQUEST, roundTrips(950, 12_340),
            LatencyHistogram.INVALIDATION, roundTrips(5_600_000, 7_000_000_000L)));
  }

  /** One for each half and 99 of 100, and one that took longer than all bounds. */
  private static RoundTrips roundTrips(long p50, long p99) {
    List<Long> counts = new ArrayList<>();
    long below = 0;
    for (long bound : RoundTrips.BOUNDS_NANOS) {
      counts.add((p50 >= below && p50 < bound ? 1L : 0) + (p99 >= below && p99 < bound ? 1 : 0));
      below = bound;
    }
    counts.add(1L);
    return new RoundTrips(p50, p99, 20_000_000_000L, counts);
  }

  private static DeviceCounters silent() {
    return new DeviceCounters(
        "00:05.0",
        "large",
        "dma",
        false,
        "isolated since 12.000 ms: it did not answer",
        Counts.of(FunctionCounter.class, row -> 200 + row.slot()),
        Counts.unknown(DeviceCounter.class),
        List.of(),
        List.of(
            new PasidCounts(
                "2",
                "bob",
                Counts.of(
                    PasidCounter.class,
                    row ->
                        row == PasidCounter.ENTRIES_DROPPED ? Counts.UNKNOWN : 970 + row.slot()))),
        Map.of());
  }

  private static SmmuCounters smmu() {
    return new SmmuCounters(
        SmmuCounters.ofCaches(
            cache ->
                Counts.of(
                    CacheCounter.class,
                    row -> 310 + 10 * List.of(SmmuCache.values()).indexOf(cache) + row.slot())),
        Counts.of(SmmuCounter.class, row -> 340 + row.slot()),
        Map.of(CommandOpcode.SYNC, 307L, CommandOpcode.ATC_INV, 308L),
        Map.of(EventType.F_TRANSLATION, 309L));
  }
}
