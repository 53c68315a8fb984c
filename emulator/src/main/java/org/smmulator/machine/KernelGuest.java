package org.smmulator.machine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.Execution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestOptions;
import org.smmulator.guest.Hardware;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.sva.PasidPolicy;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
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
        recorder);
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
        config.sabotage().atcInvBeforeTlbi(),
        config.sabotage().reuseFrameEarly());
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
