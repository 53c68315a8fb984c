package org.smmulator.machine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.counter.Counts;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.iommu.smmuv3.DriverCounter;
import org.smmulator.guest.mm.MmCounter;
import org.smmulator.guest.mm.NotifierCall;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.ExpectationResults;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.Verdict;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.metrics.ViolationSummary;
import org.smmulator.pcie.RootComplexCounters;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.vfio.VfioCounter;

/** Gathers what hardware, guest and checks have counted; the hardware's part on its own thread. */
final class SummaryCollector {
  private static final int VIOLATION_GROUPS_SHOWN = 20;

  private final Board board;
  private final @Nullable GuestKernel kernel;
  private final Supplier<Counts<VfioCounter>> vfioUser;
  private final DataCheck check;
  private final Supplier<List<StepSummary>> steps;
  private final Supplier<ExpectationResults> expectations;

  /**
   * @param kernel null if somebody else runs on the machine, whose memory nobody here checks
   * @param vfioUser what happened at its sockets
   * @param steps what the scenario's steps did
   * @param expectations what became of what it expects
   */
  SummaryCollector(
      Board board,
      @Nullable GuestKernel kernel,
      Supplier<Counts<VfioCounter>> vfioUser,
      DataCheck check,
      Supplier<List<StepSummary>> steps,
      Supplier<ExpectationResults> expectations) {
    this.board = board;
    this.kernel = kernel;
    this.vfioUser = vfioUser;
    this.check = check;
    this.steps = steps;
    this.expectations = expectations;
  }

  /** Callable from any thread but the hardware's. */
  Summary collect() {
    List<StepSummary> told = steps.get();
    return board.ask(() -> onLoop(told));
  }

  private Summary onLoop(List<StepSummary> told) {
    RootComplexCounters bus = board.rootComplex().counters();
    return new Summary(
        bus.devices(),
        bus.links(),
        bus.rulesBroken(),
        vfioUser.get(),
        board.smmu().counters(),
        kernel == null ? Counts.unknown(DriverCounter.class) : kernel.iommu().statistics(),
        kernel == null ? Counts.unknown(MmCounter.class) : kernel.addressSpaces().statistics(),
        kernel == null
            ? Counts.unknown(NotifierCall.class)
            : kernel.addressSpaces().notifierCalls(),
        kernel == null ? Counts.unknown(SvaCounter.class) : kernel.sva().statistics(),
        verdict(bus),
        told);
  }

  private Verdict verdict(RootComplexCounters bus) {
    ViolationLog.Groups groups = board.violations().groups(VIOLATION_GROUPS_SHOWN);
    return new Verdict(
        kernel != null,
        false,
        Counts.of(VerdictCounter.class, row -> found(row, bus)),
        Counts.of(CheckedCounter.class, row -> checked(row, bus)),
        groups.first().stream().map(SummaryCollector::violation).toList(),
        groups.leftOut(),
        expectations.get());
  }

  private long found(VerdictCounter row, RootComplexCounters bus) {
    return switch (row) {
      case DATA_MISMATCHES ->
          check.mismatches() + (kernel == null ? 0 : kernel.frames().touchedWhileFree());
      case STALE_ACCESSES -> board.ledger().staleAccesses();
      case OVERDUE_ACCESSES -> board.ledger().overdueAccesses();
      case FREED_UNDER_GRANT -> board.ledger().freedUnderGrant();
      case PROTOCOL_VIOLATIONS -> bus.protocolViolations();
      case KERNEL_FAILURES -> board.violations().count(Violation.Kind.KERNEL_FAILURE);
      case UNENDED_OPERATIONS -> check.operationsUnended();
    };
  }

  private long checked(CheckedCounter row, RootComplexCounters bus) {
    return switch (row) {
      case OPERATIONS -> check.operations();
      case BYTES_COMPARED -> check.bytesCompared();
      case ACCESSES_CHECKED -> board.ledger().accessesChecked();
      case GRANTS_GIVEN -> board.ledger().granted();
      case GRANTS_REVOKED -> board.ledger().revoked();
      case GRANTS_LIVE -> board.ledger().live();
      case FRAMES_FREED -> board.ledger().framesFreed();
      case PACKETS_JUDGED -> bus.packetsJudged();
    };
  }

  private static ViolationSummary violation(ViolationLog.Group group) {
    Violation violation = group.first();
    int none = Violation.NONE;
    return new ViolationSummary(
        switch (violation.kind()) {
          case STALE_ACCESS -> ViolationSummary.Kind.STALE_ACCESS;
          case OVERDUE_ACCESS -> ViolationSummary.Kind.OVERDUE_ACCESS;
          case FREED_UNDER_GRANT -> ViolationSummary.Kind.FREED_UNDER_GRANT;
          case PROTOCOL -> ViolationSummary.Kind.PROTOCOL_VIOLATION;
          case KERNEL_FAILURE -> ViolationSummary.Kind.KERNEL_FAILURE;
          case DATA_MISMATCH -> ViolationSummary.Kind.DATA_MISMATCH;
          case UNENDED_OPERATION -> ViolationSummary.Kind.UNENDED_OPERATION;
        },
        violation.device().isEmpty() ? null : violation.device(),
        violation.pasid() == none ? null : violation.pasid(),
        violation.address() == none ? null : ViolationSummary.hex(violation.address()),
        violation.frame() == none ? null : ViolationSummary.hex(violation.frame()),
        violation.text(),
        group.count(),
        violation.packet().isEmpty() ? null : packet(violation));
  }

  private static Map<String, String> packet(org.smmulator.pcie.ledger.Violation violation) {
    Map<String, String> fields = new LinkedHashMap<>();
    violation.packet().forEach((field, value) -> fields.put(field.key(), value));
    return fields;
  }
}
