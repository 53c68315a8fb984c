package org.smmulator.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.bus.wire.LatencyHistogram;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.mm.MmStatistics;
import org.smmulator.guest.sva.SvaStatistics;
import org.smmulator.metrics.AtcSummary;
import org.smmulator.metrics.DeviceSummary;
import org.smmulator.metrics.Latencies;
import org.smmulator.metrics.Latencies.Percentiles;
import org.smmulator.metrics.SmmuSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SvaSummary;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.Violation;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.ledger.LedgerCounters;
import org.smmulator.smmu.SmmuCounters;

/** Gathers what hardware, guest and checks have counted; the hardware's part on its own thread. */
final class SummaryCollector {
  private static final long ANSWER_SECONDS = 5;

  private final Board board;
  private final GuestKernel kernel;
  private final DataCheck check;

  SummaryCollector(Board board, GuestKernel kernel, DataCheck check) {
    this.board = board;
    this.kernel = kernel;
    this.check = check;
  }

  /** Callable from any thread but the hardware's. */
  Summary collect() {
    CompletableFuture<Summary> answer = new CompletableFuture<>();
    board
        .loop()
        .execute(
            () -> {
              try {
                answer.complete(onLoop());
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Summary.EMPTY;
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the hardware does not say what it counted", e);
    }
  }

  private Summary onLoop() {
    List<DeviceSummary> devices = new ArrayList<>();
    for (DeviceCounters device : board.rootComplex().counters().devices()) {
      devices.add(device(device));
    }
    return new Summary(devices, smmu(), sva(), verdict());
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
        counters.tlbLookups(),
        counters.tlbHits(),
        counters.walks(),
        counters.descriptorReads(),
        counters.configurationLookups(),
        counters.configurationHits(),
        byName(counters.commands()),
        byName(counters.events()),
        counters.eventsLost(),
        counters.pageRequests(),
        counters.automaticResponses());
  }

  private static Map<String, Long> byName(Map<? extends Enum<?>, Long> counts) {
    Map<String, Long> named = new HashMap<>();
    counts.forEach((key, count) -> named.put(key.name(), count));
    return named;
  }

  private SvaSummary sva() {
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
    List<Violation> violations = new ArrayList<>();
    check.kept().forEach(mismatch -> violations.add(mismatch(mismatch)));
    board.violations().violations().forEach(violation -> violations.add(violation(violation)));
    return new Verdict(
        check.mismatches() + kernel.frames().touchedWhileFree(),
        ledger.staleAccesses(),
        ledger.freedUnderGrant(),
        board.rootComplex().counters().protocolViolations(),
        new Verdict.Checked(
            check.bytesCompared(),
            ledger.accessesChecked(),
            ledger.revoked(),
            ledger.framesFreed(),
            board.rootComplex().counters().packetsJudged()),
        violations);
  }

  private static Violation mismatch(DataCheck.Mismatch mismatch) {
    return new Violation(
        Violation.Kind.DATA_MISMATCH,
        mismatch.device(),
        mismatch.pasid() < 0 ? null : mismatch.pasid(),
        Violation.hex(mismatch.address()),
        null,
        mismatch.text());
  }

  private static Violation violation(org.smmulator.pcie.ledger.Violation violation) {
    int none = org.smmulator.pcie.ledger.Violation.NONE;
    return new Violation(
        switch (violation.kind()) {
          case STALE_ACCESS -> Violation.Kind.STALE_ACCESS;
          case FREED_UNDER_GRANT -> Violation.Kind.FREED_UNDER_GRANT;
          case PROTOCOL -> Violation.Kind.PROTOCOL_VIOLATION;
        },
        violation.device().isEmpty() ? null : violation.device(),
        violation.pasid() == none ? null : violation.pasid(),
        violation.address() == none ? null : Violation.hex(violation.address()),
        violation.frame() == none ? null : Violation.hex(violation.frame()),
        violation.text());
  }
}
