package org.smmulator.api;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.ConfigException;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Step;
import org.smmulator.config.StepByHand;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ScheduleFailure;
import org.smmulator.execution.StandingRun;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.GuestProgram;
import org.smmulator.guest.ProgramRun;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.machine.Machine;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.Verdict;
import org.smmulator.pcie.AtcContents;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.query.AskedMachine;
import org.smmulator.query.ExplainQuery;
import org.smmulator.query.Parameters;
import org.smmulator.record.Recorder;

/**
 * A running machine: guest memory, SMMU, root complex, the built-in guest kernel, and devices.
 *
 * <pre>{@code
 * try (Smmulator machine = Smmulator.start(Path.of("machine.yaml"))) {
 *   machine.perform("process: {name: alice, pages: 64}");
 *   machine.run("bob", task -> task.mmap(4096, Prot.READ_WRITE));
 *   System.out.println(machine.verdict().outcome());
 * }
 * }</pre>
 *
 * <p>On threads and real time every method can be called from any thread, and so can what {@link
 * #kernel()} has. A {@linkplain MachineSetup#simulated simulated} machine stands still between two
 * calls; the methods here enter it by themselves, and whatever else touches the guest does so in
 * {@link #call}.
 */
public final class Smmulator implements AutoCloseable {
  /** How many of the latest events {@link #events()} has. */
  public static final int MOST_EVENTS = 1 << 16;

  private static final Logger LOG = LoggerFactory.getLogger(Smmulator.class);

  private final Recorder recorder = new Recorder();
  private final LatestEvents latest;

  /** Of a simulated machine, as the run that stands between two calls. */
  private final @Nullable DeterministicExecution execution;

  private final @Nullable StandingRun run;
  private final OptionalLong seed;
  private volatile @Nullable Machine started;
  private volatile boolean cutShort;
  private volatile boolean closed;

  private Smmulator(MachineSetup setup) {
    latest = new LatestEvents(setup.events());
    recorder.addReader(latest);
    seed = setup.seed();
    if (seed.isEmpty()) {
      execution = null;
      run = null;
    } else {
      execution = new DeterministicExecution(seed.getAsLong(), Long.MAX_VALUE);
      execution.recordSwitches(recorder);
      run = StandingRun.start(execution);
    }
  }

  /** Starts the machine of a file, on threads and real time; as {@link #start(MachineSetup)}. */
  public static Smmulator start(Path machineFile) throws ConfigException, MachineException {
    return start(MachineSetup.ofFile(machineFile));
  }

  /**
   * Starts a machine and boots its guest. The devices of a file without a scenario are plugged in
   * and driven when this returns; a scenario plugs them in itself ({@link #runScenario}).
   *
   * @throws ConfigException if the machine file cannot be used; the message has a sentence for each
   *     problem, with its line
   * @throws MachineException if the machine cannot be started: an address is in use, a device did
   *     not come
   */
  public static Smmulator start(MachineSetup setup) throws ConfigException, MachineException {
    MachineConfig config = setup.config();
    Smmulator machine = new Smmulator(setup);
    boolean whole = false;
    try {
      machine.powerOn(config);
      whole = true;
      return machine;
    } finally {
      if (!whole) {
        machine.close();
      }
    }
  }

  private void powerOn(MachineConfig config) throws MachineException {
    doing(
        () -> {
          if (execution == null) {
            started = Machine.start(config, recorder);
          } else {
            MachineLauncher.requireSimulable(config);
            started = Machine.start(config, execution);
          }
          if (config.scenario() == null) {
            machine().plugIn();
            machine().awaitDevices();
          }
          return true;
        });
  }

  private Machine machine() {
    Machine machine = started;
    if (machine == null) {
      throw new IllegalStateException("the machine has not started");
    }
    return machine;
  }

  /** The seed of a simulated machine; none of one on real time. */
  public OptionalLong seed() {
    return seed;
  }

  /**
   * The guest: starts processes, runs programs in them, opens devices.
   *
   * @throws IllegalStateException if another program is the guest
   */
  public GuestKernel kernel() {
    return machine().kernel();
  }

  /** Work whose failure is told in a sentence. */
  private <T> T doing(Callable<T> work) throws MachineException {
    try {
      return call(work);
    } catch (UserException e) {
      throw new MachineException(String.valueOf(e.getMessage()), e);
    } catch (MachineException | RuntimeException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MachineException("interrupted", e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** An answer that the machine always has. */
  private <T> T asking(Callable<T> question) {
    try {
      return doing(question);
    } catch (MachineException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /**
   * Does something inside the machine: in a simulated one as its only task, while the caller waits;
   * on real time at once, on the calling thread. Only inside can a caller wait for the guest of a
   * simulated machine, such as by {@link ProgramRun#join}.
   *
   * @throws ScheduleFailure if a task of a simulated machine fails meanwhile, or none can run any
   *     more; the machine is of no use then, but to be closed
   * @throws Exception what the work throws; InterruptedException if the caller is interrupted
   */
  public <T> T call(Callable<T> work) throws Exception {
    if (closed) {
      throw new IllegalStateException("the machine is closed");
    }
    return run == null ? work.call() : run.call(work);
  }

  /** Something without an answer, for {@link #run(Action)}. */
  @FunctionalInterface
  public interface Action {
    void run() throws Exception;
  }

  /** As {@link #call}, without an answer. */
  public void run(Action action) throws Exception {
    boolean unused =
        call(
            () -> {
              action.run();
              return true;
            });
  }

  /**
   * Runs a program in a process of its own, which ends with it, and waits for that.
   *
   * @throws MachineException if the program threw; its cause is what was thrown
   */
  public void run(String processName, GuestProgram program) throws MachineException {
    doing(
        () -> {
          GuestProcess process = kernel().startProcess(processName);
          ProgramRun running = kernel().run(process, program);
          running.join();
          process.exit();
          Throwable failure = running.failure();
          if (failure != null) {
            throw new MachineException(
                "%s of process %s failed: %s".formatted(program.name(), processName, failure),
                failure);
          }
          return true;
        });
  }

  /**
   * Plugs in a device of a model that the caller made, and waits until the guest drives it. It
   * lives in this process, with an ATC of 64 sets x 4 ways.
   *
   * @throws MachineException if the slot is taken, it is not attached in time, or no driver takes
   *     it
   */
  public void plug(PciAddress slot, DeviceModel model) throws MachineException {
    plug(
        model,
        DeviceOptions.of(model.getClass().getSimpleName(), model.getClass().getSimpleName())
            .withRequesterId(slot.requesterId()));
  }

  /**
   * As above, with an ATC, a name and a completion timeout of its own.
   *
   * @param options with the wanted requester ID
   */
  public void plug(DeviceModel model, DeviceOptions options) throws MachineException {
    doing(
        () -> {
          machine().plug(model, options);
          return true;
        });
  }

  /**
   * Runs the scenario of the machine's file to its end.
   *
   * @return what the checks found; it is {@linkplain Verdict#cutShort cut short} if {@code
   *     scenario.timeoutSeconds} passed first
   * @throws MachineException if a step cannot be done
   * @throws IllegalStateException if the file has no scenario
   */
  public Verdict runScenario() throws MachineException {
    return doing(
        () -> {
          Progress silent = new Progress(new PrintWriter(Writer.nullWriter()), false, () -> 0L);
          cutShort = machine().runScenario(silent) == Ending.TIMED_OUT;
          return summary().verdict();
        });
  }

  /**
   * Does a step of the scenario language, and waits until it is over.
   *
   * @param step as in a machine file, such as {@code munmap: {process: alice, page: 0, pages: 16}}
   * @return what it caused, down to the entries that devices dropped
   * @throws ConfigException if the text is no step
   * @throws MachineException if it does not fit the machine as it stands, or could not be done
   */
  public StepReport perform(String step) throws ConfigException, MachineException {
    Step parsed = StepByHand.parse(step);
    StepReport report = doing(() -> machine().performWhole(parsed));
    if (report.state() != StepReport.State.DONE) {
      throw new MachineException(report.did().step() + ": " + report.why());
    }
    return report;
  }

  /** The processes of the guest, with PASID, ASID, buffer and devices. */
  public ProcessTable processes() {
    return asking(() -> machine().processes());
  }

  /** What each device and its ATC counted: those attached, then those gone. */
  public List<DeviceCounters> devices() {
    return summary().devices();
  }

  /** Everything that the machine counted so far; after {@link #close} the last counts. */
  public Summary summary() {
    Summary summary = closed ? machine().summary() : asking(() -> machine().summary());
    return cutShort ? summary.cutShort() : summary;
  }

  /** What the checks have found so far. */
  public Verdict verdict() {
    return summary().verdict();
  }

  /**
   * What the models of devices in this process threw first, by their slots; also after {@link
   * #close}. Such a model is in the log, and its device goes on, as broken hardware would.
   */
  public Map<PciAddress, Throwable> modelFailures() {
    return machine().modelFailures();
  }

  /** The latest events, the oldest first; at most {@value #MOST_EVENTS}. */
  public List<MachineEvent> events() {
    recorder.deliver();
    return latest.list();
  }

  /**
   * What a device's ATC holds now.
   *
   * @throws IllegalStateException if no device answers there
   */
  public AtcContents atc(PciAddress device) {
    return asking(() -> machine().atc(device.requesterId()));
  }

  /**
   * Explains one translation as the tables are now, a line each: every descriptor read, the rule
   * that decided, the event that there would be.
   *
   * @param question the options of {@code smmulator explain} without their dashes, such as {@code
   *     Map.of("device", "00:04.0", "process", "alice", "page", "3", "access", "read")}
   * @throws IllegalArgumentException if the question is not right; the message says what would be
   */
  public List<String> explain(Map<String, String> question) {
    Map<String, List<String>> values = new HashMap<>();
    question.forEach((name, value) -> values.put(name, List.of(value)));
    Parameters parameters = new Parameters(values, "a value of '%s'");
    return asking(() -> machine().explain(ExplainQuery.question(parameters, new Asked())));
  }

  /** Knows what names stand for. */
  private final class Asked implements AskedMachine {
    @Override
    public List<DeviceCounters> devices() {
      return machine().summary().devices();
    }

    @Override
    public ProcessTable processes() {
      return machine().processes();
    }
  }

  /**
   * Where devices of other processes attach: HOST:PORT or unix:PATH, with the real port. None in a
   * simulated machine.
   */
  public List<String> busAddresses() {
    return machine().busAddresses();
  }

  /**
   * Stops everything; can be repeated. Devices leave in good order, so that the last counts of
   * {@link #summary} and {@link #verdict} are whole.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    try {
      Machine machine = started;
      if (machine != null) {
        asking(
            () -> {
              machine.unplugAll();
              machine.close();
              return true;
            });
      }
    } catch (ScheduleFailure e) {
      LOG.debug("a run that has failed needs no closing; who used it knows why", e);
    } finally {
      closed = true;
      if (run != null) {
        run.close();
      }
    }
  }
}
