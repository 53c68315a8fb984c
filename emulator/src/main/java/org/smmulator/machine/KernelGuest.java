package org.smmulator.machine;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.SabotageConfig;
import org.smmulator.execution.Execution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestOptions;
import org.smmulator.guest.Hardware;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.SvaBug;
import org.smmulator.guest.sva.PasidPolicy;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.record.Recorder;

/** The kernel that is built in, and the board as it sees it. */
final class KernelGuest implements Guest {
  private final MachineConfig config;
  private final Execution execution;
  private final Recorder recorder;
  private final InterruptController interrupts = new InterruptController();
  private @Nullable GuestKernel kernel;

  KernelGuest(MachineConfig config, Execution execution, Recorder recorder) {
    this.config = config;
    this.execution = execution;
    this.recorder = recorder;
  }

  @Override
  public void interrupt(int intid) {
    interrupts.raise(intid);
  }

  @Override
  public void boot(Board board) throws UserException {
    try {
      kernel = GuestKernel.boot(hardware(board), options());
    } catch (IommuException e) {
      throw new UserException(ExitCode.INTERNAL, "the guest did not boot: " + e.getMessage());
    }
  }

  private Hardware hardware(Board board) {
    HardwareCalls calls = new HardwareCalls(board.loop(), execution);
    SmmuMmio smmu = new SmmuMmio(board.loop(), execution, board.map(), MemoryMap.SMMU);
    board.onRegistersChanged(smmu::wakeWaiters);
    return new Hardware(
        execution,
        board.ram(),
        smmu,
        new CpuMmio(calls, board.map(), MemoryMap.ECAM),
        new CpuMmio(calls, board.map(), 0), // a BAR holds a physical address
        new CpuMmio(calls, board.map(), MemoryMap.HOTPLUG),
        interrupts,
        board.ledger(),
        failure -> board.violations().record(kernelFailure(failure)),
        recorder);
  }

  private static Violation kernelFailure(String sentence) {
    int none = Violation.NONE;
    return new Violation(Violation.Kind.KERNEL_FAILURE, "", none, none, none, sentence);
  }

  private GuestOptions options() {
    GuestConfig guest = config.guest();
    return new GuestOptions(
        MemoryMap.RAM,
        config.machine().ramBytes(),
        config.bus().rootBuses(),
        config.bus().places(),
        config.stalling(),
        guest.poison(),
        guest.frameQuarantine(),
        switch (guest.pasidPolicy()) {
          case LOWEST -> PasidPolicy.LOWEST;
          case CYCLIC -> PasidPolicy.CYCLIC;
        },
        TimeUnit.MILLISECONDS.toNanos(guest.mmExitTimeoutMillis()),
        guest.mmuNotifier(),
        bugs(config.sabotage()),
        config.sabotage().reuseFrameEarly());
  }

  private static Set<SvaBug> bugs(SabotageConfig sabotage) {
    Set<SvaBug> bugs = EnumSet.noneOf(SvaBug.class);
    if (sabotage.atcInvBeforeTlbi()) {
      bugs.add(SvaBug.ATC_INV_BEFORE_TLBI);
    }
    if (sabotage.sva() != null) {
      bugs.add(
          switch (sabotage.sva()) {
            case EXIT_KEEPS_ATC -> SvaBug.EXIT_KEEPS_ATC;
            case UNBIND_KEEPS_ATC -> SvaBug.UNBIND_KEEPS_ATC;
            case RANGE_TOO_SHORT -> SvaBug.RANGE_TOO_SHORT;
            case PASID_FREED_EARLY -> SvaBug.PASID_FREED_EARLY;
            case NO_GRACE_PERIOD -> SvaBug.NO_GRACE_PERIOD;
          });
    }
    return bugs;
  }

  /** It has been ready since it booted, for devices that come at any time. */
  @Override
  public void ready() {}

  @Override
  public @Nullable GuestKernel kernel() {
    return kernel;
  }

  @Override
  public @Nullable String port() {
    return null;
  }

  @Override
  public CompletableFuture<Void> ended() {
    return new CompletableFuture<>();
  }

  /** Its tasks end with the machine. */
  @Override
  public void close() {}
}
