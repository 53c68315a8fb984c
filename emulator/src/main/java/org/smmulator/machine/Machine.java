package org.smmulator.machine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.GuestConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.execution.EventLog;
import org.smmulator.execution.Execution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestOptions;
import org.smmulator.guest.Hardware;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sva.PasidPolicy;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/** One machine from its configuration: hardware, guest kernel, device processes and scenario. */
public final class Machine implements RunningMachine {
  private static final Logger LOG = LoggerFactory.getLogger(Machine.class);
  private static final long PROGRESS_NANOS = 100_000_000L;
  private static final long DETACH_NANOS = 60_000_000_000L;
  private static final long LOOK_NANOS = 1_000_000L;

  private final MachineConfig config;
  private final Platform platform;
  private final List<String> busAddresses;
  private final Board board;
  private final GuestKernel kernel;
  private final DataCheck check;
  private final SummaryCollector summaries;
  private final List<PluggedDevice> devices = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Summary last;

  /**
   * Starts the hardware, boots the guest and opens the listeners.
   *
   * @param events told what guest and hardware do
   * @throws UserException if an address is in use or the configuration fits no machine; nothing is
   *     left running then
   */
  public static Machine start(MachineConfig config, EventLog events) throws UserException {
    return start(config, new WallClockPlatform(), events);
  }

  /** As above, on a platform, which the machine closes. */
  static Machine start(MachineConfig config, Platform platform, EventLog events)
      throws UserException {
    InterruptController interrupts = new InterruptController();
    Board board =
        new Board(config, platform.execution(), platform.hardware(), interrupts::raise, events);
    try {
      Hardware hardware = hardware(board, platform.execution(), interrupts, events);
      GuestKernel kernel = GuestKernel.boot(hardware, options(config, board));
      return new Machine(config, platform, board, kernel, platform.listen(config.bus(), board));
    } catch (IommuException e) {
      platform.close();
      throw new UserException(ExitCode.INTERNAL, "the guest did not boot: " + e.getMessage());
    } catch (IOException e) {
      platform.close();
      throw new UserException(
          ExitCode.USAGE, e.getMessage() + "; stop what listens there or change bus.listen");
    }
  }

  private Machine(
      MachineConfig config,
      Platform platform,
      Board board,
      GuestKernel kernel,
      List<String> busAddresses) {
    this.config = config;
    this.platform = platform;
    this.busAddresses = busAddresses;
    this.board = board;
    this.kernel = kernel;
    this.check = new DataCheck(board.violations());
    this.summaries = new SummaryCollector(board, kernel, check);
  }

  /** The board as the guest sees it. */
  private static Hardware hardware(
      Board board, Execution execution, InterruptController interrupts, EventLog events) {
    HardwareCalls calls = new HardwareCalls(board.loop(), execution);
    SmmuMmio smmu = new SmmuMmio(board.loop(), execution, board.smmu());
    board.onRegistersChanged(smmu::wakeWaiters);
    return new Hardware(
        execution,
        board.ram(),
        smmu,
        new ConfigMmio(calls, board.rootComplex()),
        new PciMemoryMmio(calls, board.rootComplex()),
        new HotPlugMmio(calls, board.hotPlug()),
        interrupts,
        board.ledger(),
        events);
  }

  private static GuestOptions options(MachineConfig config, Board board) {
    GuestConfig guest = config.guest();
    return new GuestOptions(
        MemoryMap.RAM,
        config.machine().ramBytes(),
        board.rootBuses(),
        config.bus().maxDevices(),
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

  @Override
  public List<String> busAddresses() {
    return busAddresses;
  }

  /** The device processes that this machine has started. */
  List<DeviceProcess> devices() {
    return devices.stream()
        .filter(DeviceProcess.class::isInstance)
        .map(DeviceProcess.class::cast)
        .toList();
  }

  /** The hardware of this machine. */
  Board board() {
    return board;
  }

  /** The guest that runs on this machine. */
  public GuestKernel kernel() {
    return kernel;
  }

  @Override
  public Summary summary() {
    Summary final_ = last;
    return final_ != null ? final_ : summaries.collect();
  }

  @Override
  public List<String> explain(Question question) {
    return board.explain(question);
  }

  @Override
  public void tellNews(Consumer<String> news) {
    board.tellNews(news);
  }

  @Override
  public Ending runScenario(Progress progress) throws UserException, InterruptedException {
    ScenarioConfig story = config.scenario();
    if (story == null) {
      throw new IllegalStateException("the machine file has no scenario");
    }
    plugIn();
    Scenario scenario = new Scenario(kernel, story, config.bus().attachTimeoutMillis(), check);
    ScenarioException[] failure = new ScenarioException[1];
    Task task =
        kernel
            .sched()
            .spawn(
                "scenario",
                () -> {
                  try {
                    scenario.run();
                  } catch (ScenarioException e) {
                    failure[0] = e;
                  }
                });
    boolean inTime = follow(scenario, task, story, progress);
    if (task.isDone() && (failure[0] != null || task.failure() != null)) {
      throw new UserException(notDone(), describe(failure[0], task.failure()));
    }
    unplug(scenario);
    return inTime ? Ending.DONE : Ending.TIMED_OUT;
  }

  /** The exit code of a scenario that ended before its last step. */
  private ExitCode notDone() {
    return summary().verdict().clean() ? ExitCode.NOT_RUN : ExitCode.FAILED;
  }

  private static String describe(@Nullable ScenarioException refused, @Nullable Throwable failed) {
    if (refused != null) {
      return "the scenario stopped: " + refused.getMessage();
    }
    LOG.error("the scenario failed", failed);
    return "the scenario failed: " + failed;
  }

  /**
   * Starts the configured device processes; each attaches in its own time.
   *
   * @throws UserException if one cannot be started
   */
  void plugIn() throws UserException {
    for (DeviceConfig device : config.devices()) {
      devices.add(platform.plug(device, board));
    }
  }

  private boolean follow(Scenario scenario, Task task, ScenarioConfig story, Progress progress)
      throws UserException, InterruptedException {
    long deadline = kernel.sched().nanoTime() + TimeUnit.SECONDS.toNanos(story.timeoutSeconds());
    long planned = scenario.operationsPlanned();
    while (!task.isDone() && kernel.sched().nanoTime() < deadline && !closed.get()) {
      progress.update(
          String.format(
              "step %d/%d %s, %,d of at most %,d operations, %,d bytes compared",
              Math.min(scenario.stepsDone() + 1, story.steps().size()),
              story.steps().size(),
              scenario.now(),
              scenario.operationsDone(),
              planned,
              check.bytesCompared()));
      requireAttached();
      kernel.sched().sleep(PROGRESS_NANOS);
    }
    return task.isDone();
  }

  /** A device that ended before it came says why by itself; nobody need wait for it. */
  private void requireAttached() throws UserException {
    for (PluggedDevice device : devices) {
      if (!device.isAlive() && !kernel.hasSeen(device.config().id())) {
        throw new UserException(
            notDone(),
            "device "
                + device.config().id()
                + " ended before it was attached; its message is above");
      }
    }
  }

  /** Detaches the machine's own devices, so that their last counts are in, and who used them. */
  private void unplug(Scenario scenario) {
    devices.forEach(PluggedDevice::close);
    long deadline = kernel.sched().nanoTime() + DETACH_NANOS;
    for (PluggedDevice device : devices) {
      kernel.awaitGone(device.config().id(), deadline);
    }
    while (scenario.isLosingDevices() && kernel.sched().nanoTime() < deadline) {
      kernel.sched().sleep(LOOK_NANOS);
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    devices.forEach(PluggedDevice::close);
    try {
      last = summaries.collect();
    } finally {
      board.close();
      platform.close();
    }
  }
}
