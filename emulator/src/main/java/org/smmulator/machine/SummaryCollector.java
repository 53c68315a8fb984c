package org.smmulator.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.mm.MmStatistics;
import org.smmulator.guest.sva.SvaStatistics;
import org.smmulator.metrics.AtcSummary;
import org.smmulator.metrics.CacheSummary;
import org.smmulator.metrics.DeviceSummary;
import org.smmulator.metrics.Latencies;
import org.smmulator.metrics.Latencies.Percentiles;
import org.smmulator.metrics.LinksSummary;
import org.smmulator.metrics.SmmuSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SvaSummary;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.RootComplexCounters;
import org.smmulator.pcie.ledger.LedgerCounters;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.port.CacheCounters;
import org.smmulator.smmu.port.SmmuCounters;

/** Gathers what hardware, guest and checks have counted; the hardware's part on its own thread. */
final class SummaryCollector {
  private static final int VIOLATION_GROUPS_SHOWN = 20;

  private final Board board;
  private final @Nullable GuestKernel kernel;
  private final DataCheck check;

  /**
   * @param kernel null if somebody else runs on the machine, whose memory nobody here checks
   */
  SummaryCollector(Board board, @Nullable GuestKernel kernel, DataCheck check) {
    this.board = board;
    this.kernel = kernel;
    this.check = check;
  }

  /** Callable from any thread but the hardware's. */
  Summary collect() {
    return board.ask(this::onLoop);
  }

  private Summary onLoop() {
    List<DeviceSummary> devices = new ArrayList<>();
    for (DeviceCounters device : board.rootComplex().counters().devices()) {
      devices.add(device(device));
    }
    return new Summary(devices, links(), smmu(), sva(), verdict());
  }

  private LinksSummary links() {
    RootComplexCounters counters = board.rootComplex().counters();
    return new LinksSummary(
        counters.linksAccepted(),
        counters.linksRefused(),
        counters.linksLost(),
        counters.detaches());
  }

  private static DeviceSummary device(DeviceCounters device) {
    return new DeviceSummary(
        device.id(),
        device.name(),
        device.model(),
        atc(device),
        device.count(FunctionCounter.PAGE_REQUESTS),
        device.count(FunctionCounter.TRANSLATED_ACCESSES),
        device.count(FunctionCounter.UNTRANSLATED_ACCESSES),
        device.count(FunctionCounter.TRANSLATION_REQUESTS),
        known(device.reported(DeviceCounter.TRANSLATION_RETRIES)),
        (long) device.grants(),
        device.count(FunctionCounter.TRANSLATIONS_WITHHELD),
        device.count(FunctionCounter.FORBIDDEN),
        device.count(FunctionCounter.RESETS),
        device.violations(),
        device.count(FunctionCounter.INVALIDATIONS_TIMED_OUT),
        device.count(FunctionCounter.INVALIDATIONS_LINK_LOST),
        latencies(device));
  }

  private static AtcSummary atc(DeviceCounters device) {
    return new AtcSummary(
        known(device.reported(DeviceCounter.ATC_LOOKUPS)),
        known(device.reported(DeviceCounter.ATC_HITS)),
        known(device.reported(DeviceCounter.ATC_MISSES)),
        known(device.reported(DeviceCounter.ATC_FILLS)),
        known(device.reported(DeviceCounter.ATC_EVICTIONS)),
        known(device.reported(DeviceCounter.INVALIDATION_REQUESTS)),
        known(device.reported(DeviceCounter.ENTRIES_DROPPED)));
  }

  private static Latencies latencies(DeviceCounters device) {
    return new Latencies(
        reported(device, LatencyHistogram.TRANSLATION_REQUEST),
        percentiles(device.invalidationNanos(50), device.invalidationNanos(99)),
        reported(device, LatencyHistogram.PAGE_REQUEST));
  }

  private static @Nullable Percentiles reported(DeviceCounters device, LatencyHistogram of) {
    return percentiles(device.reportedNanos(of, 50), device.reportedNanos(of, 99));
  }

  /** A latency of 0 stands for none measured. */
  private static @Nullable Percentiles percentiles(long p50, long p99) {
    return p50 == 0 || p50 == DeviceCounter.UNKNOWN ? null : new Percentiles(p50, p99);
  }

  private static @Nullable Long known(long value) {
    return value == DeviceCounter.UNKNOWN ? null : value;
  }

  private SmmuSummary smmu() {
    SmmuCounters counters = board.smmu().counters();
    return new SmmuSummary(
        cache(counters.tlb()),
        cache(counters.walkCache()),
        cache(counters.configurationCache()),
        counters.walks(),
        counters.descriptorReads(),
        byName(counters.commands()),
        byName(counters.events()),
        counters.eventsLost(),
        counters.pageRequests(),
        counters.automaticResponses(),
        counters.stalls(),
        counters.stalledNow());
  }

  private static CacheSummary cache(CacheCounters cache) {
    return new CacheSummary(
        cache.lookups(),
        cache.hits(),
        cache.insertions(),
        cache.evictions(),
        cache.invalidated(),
        cache.resident());
  }

  private static Map<String, Long> byName(Map<? extends Enum<?>, Long> counts) {
    Map<String, Long> named = new HashMap<>();
    counts.forEach((key, count) -> named.put(key.name(), count));
    return named;
  }

  private SvaSummary sva() {
    if (kernel == null) {
      return SvaSummary.EMPTY;
    }
    SvaStatistics sva = kernel.sva().statistics();
    MmStatistics mm = kernel.addressSpaces().statistics();
    return new SvaSummary(
        sva.binds(),
        sva.unbinds(),
        Map.of(
            "release", mm.release(),
            "invalidateRange", mm.invalidateRange(),
            "clearFlushYoung", mm.clearFlushYoung(),
            "changePte", mm.changePte()),
        sva.mmExits(),
        sva.pasidsLive(),
        sva.pasidsQuarantined(),
        sva.faultsHandled(),
        sva.faultsRefused());
  }

  private Verdict verdict() {
    LedgerCounters ledger = board.ledger().counters();
    ViolationLog.Groups groups = board.violations().groups(VIOLATION_GROUPS_SHOWN);
    return new Verdict(
        kernel != null,
        false,
        check.mismatches() + (kernel == null ? 0 : kernel.frames().touchedWhileFree()),
        ledger.staleAccesses(),
        ledger.overdueAccesses(),
        ledger.freedUnderGrant(),
        board.rootComplex().counters().protocolViolations(),
        check.operationsUnended(),
        new Verdict.Checked(
            check.operations(),
            check.bytesCompared(),
            ledger.accessesChecked(),
            ledger.revoked(),
            ledger.framesFreed(),
            board.rootComplex().counters().packetsJudged()),
        groups.first().stream().map(SummaryCollector::violation).toList(),
        groups.leftOut());
  }

  private static ViolationSummary violation(ViolationLog.Group group) {
    org.smmulator.pcie.ledger.Violation violation = group.first();
    int none = org.smmulator.pcie.ledger.Violation.NONE;
    return new ViolationSummary(
        switch (violation.kind()) {
          case STALE_ACCESS -> ViolationSummary.Kind.STALE_ACCESS;
          case OVERDUE_ACCESS -> ViolationSummary.Kind.OVERDUE_ACCESS;
          case FREED_UNDER_GRANT -> ViolationSummary.Kind.FREED_UNDER_GRANT;
          case PROTOCOL -> ViolationSummary.Kind.PROTOCOL_VIOLATION;
          case DATA_MISMATCH -> ViolationSummary.Kind.DATA_MISMATCH;
          case UNENDED_OPERATION -> ViolationSummary.Kind.UNENDED_OPERATION;
        },
        violation.device().isEmpty() ? null : violation.device(),
        violation.pasid() == none ? null : violation.pasid(),
        violation.address() == none ? null : ViolationSummary.hex(violation.address()),
        violation.frame() == none ? null : ViolationSummary.hex(violation.frame()),
        violation.text(),
        group.count());
  }
}
