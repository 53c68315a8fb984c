package org.smmulator.machine;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.At;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.Expect;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.NestedSteps;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.sched.Sched;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ExpectationResults;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;
import org.smmulator.story.StepTable;

/**
 * One machine from its configuration, from power-on to power-off: a board, what runs on it, and the
 * devices that its file lists, on a platform that runs all of them.
 */
public final class Machine implements RunningMachine {
  private static final long LOOK_NANOS = 1_000_000L;
  private static final long DETACH_NANOS = 60_000_000_000L;

  private final MachineConfig config;
  private final Platform platform;
  private final Guest guest;
  private final MachineRam ram;
  private final Board board;
  private final DataCheck check;
  private final Recorder recorder;
  private final StepTable stepTable = new StepTable();
  private final List<PluggedDevice> devices = new CopyOnWriteArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private List<String> busAddresses = List.of();
  private @Nullable SummaryCollector summaries;
  private @Nullable StepsByHand byHand;
  private @Nullable GuestSteps steps;
  private @Nullable Expectations expectations;
  private volatile @Nullable Summary last;
  private volatile @Nullable ScenarioRun story;

  /**
   * What records a machine: somebody must, if its scenario counts on what happens.
   *
   * @param wanted by who starts it
   */
  static Recorder recorder(MachineConfig config, Recorder wanted) {
    ScenarioConfig scenario = config.scenario();
    boolean counts =
        scenario != null
            && (NestedSteps.contain(scenario.steps(), Expect.class)
                || NestedSteps.contain(scenario.steps(), At.class));
    return counts && wanted == Recorder.OFF ? new Recorder() : wanted;
  }

  /**
   * Starts the hardware on threads and real time, boots the guest and opens the listeners.
   *
   * @param recorder told what guest and hardware do
   * @throws UserException if an address is in use or the configuration fits no machine; nothing is
   *     left running then
   */
  public static Machine start(MachineConfig config, Recorder recorder) throws UserException {
    if (!config.guest().isExternal()) {
      return start(config, new WallClockPlatform(), recorder(config, recorder));
    }
    SteppedPlatform platform = new SteppedPlatform(config.guest().time());
    Guest guest =
        config.guest().isAtPort()
            ? new ExternalGuest(config, platform)
            : new VfioGuest(config, platform);
    return start(config, platform, guest, recorder);
  }

  /** As above, on one scheduler and virtual time; on a task of it, as all that follows. */
  public static Machine start(MachineConfig config, DeterministicExecution execution)
      throws UserException {
    return start(
        config, new SimulatedPlatform(execution, config.simulation()), execution.recorder());
  }

  /** As above, with the built-in guest, on a platform, which the machine closes. */
  static Machine start(MachineConfig config, Platform platform, Recorder recorder)
      throws UserException {
    return start(
        config, platform, new KernelGuest(config, platform.execution(), recorder), recorder);
  }

  private static Machine start(
      MachineConfig config, Platform platform, Guest guest, Recorder recorder)
      throws UserException {
    Machine machine;
    try {
      machine = new Machine(config, platform, guest, recorder, MachineRam.of(config.machine()));
    } catch (UserException e) {
      guest.close();
      platform.close();
      throw e;
    }
    boolean whole = false;
    try {
      machine.powerOn();
      whole = true;
      return machine;
    } finally {
      if (!whole) {
        machine.close();
      }
    }
  }

  private Machine(
      MachineConfig config, Platform platform, Guest guest, Recorder recorder, MachineRam ram) {
    this.config = config;
    this.platform = platform;
    this.guest = guest;
    this.ram = ram;
    this.board =
        new Board(
            config,
            ram.ram(),
            platform.execution(),
            platform.hardware(),
            guest::interrupt,
            recorder);
    board.plugged(this::plugged);
    this.check = new DataCheck(board.violations());
    this.recorder = recorder;
    if (doesSteps(config) && recorder != Recorder.OFF) {
      recorder.addReader(stepTable);
      board.ledger().nameSteps(this::stepOf);
    }
  }

  /** Those of its scenario, or by hand for who asks its HTTP server. */
  private static boolean doesSteps(MachineConfig config) {
    boolean byHand = !config.guest().isExternal() && config.http().listen() != null;
    return byHand || config.scenario() != null;
  }

  private void powerOn() throws UserException {
    guest.boot(board);
    GuestKernel kernel = guest.kernel();
    if (kernel != null) {
      ScenarioConfig scenario = config.scenario();
      DeviceArrivals arrivals = new DeviceArrivals(kernel, config.bus().attachTimeoutMillis());
      ScenarioGuest shared = new ScenarioGuest(kernel, check, arrivals);
      steps = new GuestSteps(shared, scenario == null ? 1 : scenario.seed(), board);
      expectations = new Expectations(shared, () -> summary().verdict());
      byHand = new StepsByHand(steps, recorder, config, expectations);
    }
    summaries =
        new SummaryCollector(
            board, guest.kernel(), guest::vfioUser, check, this::steps, this::expectationResults);
    try {
      busAddresses = platform.listen(config.bus(), board);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE, e.getMessage() + "; stop what listens there or change bus.listen");
    }
  }

  private @Nullable String stepOf(long event) {
    recorder.deliver();
    return stepTable.stepOf(event);
  }

  private ExpectationResults expectationResults() {
    return expectations == null ? ExpectationResults.NONE : expectations.results();
  }

  private List<StepSummary> steps() {
    recorder.deliver();
    return stepTable.steps();
  }

  /**
   * Starts the devices of the machine's file; each attaches in its own time.
   *
   * @throws UserException if one cannot be started
   */
  public void plugIn() throws UserException {
    for (DeviceConfig device : config.devices()) {
      devices.add(platform.plug(device, board));
    }
    guest.ready();
  }

  /**
   * Plugs in a device that its caller made, which lives in this process, and waits until the guest
   * drives it.
   *
   * @param options with the wanted slot
   * @throws UserException if the slot is taken, the file for its ATC's events cannot be written, it
   *     does not come in {@code bus.attachTimeoutMillis}, or no driver takes it
   */
  public void plug(DeviceModel model, DeviceOptions options) throws UserException {
    PciAddress slot = new PciAddress(options.requesterId());
    if (kernel().driven(slot) != null) {
      throw new UserException(
          ExitCode.USAGE,
          "there is a device at " + slot + "; use another slot, or unplug it first");
    }
    PluggedDevice device = platform.plug(model, options, board);
    devices.add(device);
    await(List.of(device));
  }

  /**
   * Waits until the guest drives the machine's own devices.
   *
   * @throws UserException if one ends before, does not come in {@code bus.attachTimeoutMillis}, or
   *     no driver takes it
   */
  public void awaitDevices() throws UserException {
    await(devices);
  }

  private void await(List<PluggedDevice> expected) throws UserException {
    if (steps != null) {
      steps.guest().arrivals().awaitAll(expected);
    }
  }

  /**
   * Detaches the machine's own devices, and waits until their last counts are in, and who used them
   * has noticed.
   */
  public void unplugAll() {
    if (steps == null) {
      return;
    }
    ScenarioGuest shared = steps.guest();
    Sched sched = shared.kernel().sched();
    long deadline = sched.nanoTime() + DETACH_NANOS;
    shared.arrivals().leave(devices, deadline);
    while (shared.streams().areLosingDevices() && sched.nanoTime() < deadline) {
      sched.sleep(LOOK_NANOS);
    }
  }

  /** What the models of devices in this process threw first, by their slots. */
  public Map<PciAddress, Throwable> modelFailures() {
    Map<PciAddress, Throwable> failures = new LinkedHashMap<>();
    for (PluggedDevice device : devices) {
      Throwable failure = device.modelFailure();
      if (failure != null) {
        failures.put(device.id(), failure);
      }
    }
    return failures;
  }

  /** Cuts a device's link, whatever is under way on it. */
  public void cutLink(PciAddress device) {
    board.ask(
        () -> {
          board.rootComplex().unplug(device.requesterId(), "its link is cut");
          return true;
        });
  }

  @Override
  public List<String> busAddresses() {
    return busAddresses;
  }

  @Override
  public @Nullable String guestPort() {
    return guest.port();
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

  /**
   * The kernel on this machine.
   *
   * @throws IllegalStateException if another program runs on it
   */
  public GuestKernel kernel() {
    GuestKernel kernel = guest.kernel();
    if (kernel == null) {
      throw new IllegalStateException("no kernel of ours runs on this machine");
    }
    return kernel;
  }

  @Override
  public Summary summary() {
    Summary final_ = last;
    if (final_ != null) {
      return final_;
    }
    return summaries == null ? Summary.EMPTY : summaries.collect();
  }

  /**
   * As {@link #summary}, with what the machine's own devices have not reported yet. For visitors of
   * a run that stands.
   */
  Summary summaryAtRest() {
    Summary told = summary();
    if (last != null) {
      return told;
    }
    return told.with(told.devices().stream().map(this::atRest).toList());
  }

  private DeviceCounters atRest(DeviceCounters told) {
    for (PluggedDevice device : devices) {
      long[] now = device.statisticsAtRest();
      if (now != null && told.attached() && device.id().toString().equals(told.id())) {
        return told.with(now);
      }
    }
    return told;
  }

  private @Nullable PluggedDevice plugged(int requesterId) {
    return devices.stream()
        .filter(device -> device.id().requesterId() == requesterId)
        .findFirst()
        .orElse(null);
  }

  @Override
  public long nanoTime() {
    return board.loop().nanoTime();
  }

  /** How many steps of the scenario have begun; callable from any thread. */
  int stepsBegun() {
    ScenarioRun run = story;
    return run == null ? 0 : run.stepsBegun();
  }

  @Override
  public List<String> explain(Question question) {
    return board.explain(question);
  }

  @Override
  public AtcContents atc(int requesterId) {
    return board.atc(requesterId);
  }

  @Override
  public ProcessTable processes() {
    GuestKernel running = guest.kernel();
    if (running == null) {
      List<String> isolated =
          board.ask(() -> Processes.isolated(board.rootComplex().counters().devices()));
      throw new IllegalStateException(
          "the guest is a program of yours; it knows its processes"
              + isolated.stream().map(each -> "; " + each).collect(Collectors.joining()));
    }
    ScenarioGuest shared = Objects.requireNonNull(steps).guest();
    return board.ask(
        () ->
            Processes.table(
                shared.processes(),
                running.sva().pasids(),
                board.rootComplex().counters().devices()));
  }

  @Override
  public StreamsTable streams() {
    return StreamSurvey.table(board, guest.kernel() == null);
  }

  @Override
  public void tellNews(Consumer<String> news) {
    board.tellNews(news);
  }

  @Override
  public Ending runScenario(Progress progress) throws UserException {
    return runScenario(progress, closed::get);
  }

  private GuestSteps guestSteps() {
    if (steps == null) {
      throw new IllegalStateException("the machine file has no scenario: its guest is not ours");
    }
    return steps;
  }

  /** As above, until somebody stops it. */
  Ending runScenario(Progress progress, BooleanSupplier stopped) throws UserException {
    ScenarioRun run =
        new ScenarioRun(
            guestSteps(),
            Objects.requireNonNull(expectations),
            config,
            check,
            devices,
            ram,
            this::summary,
            stopped,
            platform.glances(),
            this::unplugAll);
    story = run;
    plugIn();
    try {
      return run.run(progress);
    } catch (UserException | RuntimeException | InternalError e) {
      ram.requireWhole(); // if it is not, that is why
      throw e;
    }
  }

  @Override
  public long perform(Step step) {
    return byHand().perform(step);
  }

  @Override
  public StepReport report(long number) {
    return byHand().report(number);
  }

  /**
   * Does a step by hand, and waits until it is over; on a task of the guest.
   *
   * @throws IllegalStateException if it cannot begin; the message says why
   */
  public StepReport performWhole(Step step) {
    return byHand().performWhole(step);
  }

  private StepsByHand byHand() {
    if (byHand == null) {
      throw new IllegalStateException("the guest is a program of yours; it does its own steps");
    }
    return byHand;
  }

  @Override
  public void awaitEnd() throws InterruptedException, UserException {
    try {
      Object unused = CompletableFuture.anyOf(guest.ended(), ram.cutShort()).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the guest ended with an error", e.getCause());
    }
    ram.requireWhole();
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    guest.close();
    if (ram.isLost()) {
      powerOff(); // nobody may be left who could let a device leave in good order
      devices.forEach(PluggedDevice::close);
      return;
    }
    devices.forEach(PluggedDevice::close);
    try {
      last = summary();
    } finally {
      board.close();
      powerOff();
    }
  }

  private void powerOff() {
    platform.close();
    ram.close();
  }
}
