package org.smmulator.launch;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ScenarioConfig;
import org.smmulator.config.Step;
import org.smmulator.history.Pace;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.AtcContents;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;

/** Builds and starts a machine; found as a service, so that the command line knows no parts. */
public interface MachineLauncher {
  /**
   * Starts the machine, its listeners and its guest kernel. A machine with a scenario plugs its
   * devices in when that begins, with {@link RunningMachine#runScenario}; another one does now.
   *
   * @param recorder told what guest and hardware do
   * @throws UserException if it cannot start, such as when a port is in use; nothing is left
   *     running then
   */
  RunningMachine start(MachineConfig config, Recorder recorder) throws UserException;

  /**
   * A machine whose file's scenario runs on one scheduler and virtual time. The scenario's seed
   * decides the order of everything.
   *
   * @param recorder told what everybody does
   * @throws UserException if the file cannot be simulated
   */
  SimulatedMachineRun simulated(MachineConfig config, Recorder recorder) throws UserException;

  /** Makes such a machine, and runs it to its end. */
  default SimulatedOutcome simulate(
      MachineConfig config, Recorder recorder, Progress progress, BooleanSupplier stopped)
      throws UserException {
    return simulated(config, recorder).run(progress, stopped);
  }

  /**
   * A machine that can be simulated.
   *
   * @throws UserException if it cannot; the message says why
   */
  static void requireSimulable(MachineConfig config) throws UserException {
    if (config.guest().isExternal()) {
      throw new UserException(
          ExitCode.USAGE,
          "a simulated machine needs the built-in guest; a program at the guest port has a clock"
              + " of its own");
    }
    if (config.machine().ramFile() != null) {
      throw new UserException(
          ExitCode.USAGE,
          "a simulated machine repeats a run byte for byte, and what others write to"
              + " machine.ramFile it cannot; set machine.ramFile to null");
    }
  }

  /**
   * The scenario of a file that can be simulated.
   *
   * @throws UserException if it cannot; the message says why
   */
  static ScenarioConfig simulatedScenario(MachineConfig config) throws UserException {
    requireSimulable(config);
    ScenarioConfig scenario = config.scenario();
    if (scenario == null) {
      throw new UserException(
          ExitCode.USAGE, "--simulated needs a scenario; nobody else can reach such a machine");
    }
    return scenario;
  }

  /**
   * The end of a simulated run.
   *
   * @param virtualNanos time that passed in it
   * @param steps points at which the scheduler chose who goes on
   * @param switches of those, how many handed over from one task to another
   */
  record SimulatedOutcome(
      Ending ending, Summary summary, long virtualNanos, long steps, long switches) {}

  /** A machine as those see it who watch it; callable from any thread at any time. */
  interface WatchableMachine {
    /** Its time in nanoseconds, as its events have it. */
    long nanoTime();

    /**
     * What has been counted so far.
     *
     * @throws IllegalStateException if the machine does not answer; the message says why
     */
    Summary summary();

    /**
     * Explains one translation as the tables are now, a line each.
     *
     * @throws IllegalStateException if the machine does not answer; the message says why
     */
    List<String> explain(Question question);

    /**
     * What a device says that its ATC holds.
     *
     * @param requesterId the device's
     * @throws IllegalStateException if nobody answers; the message says who does not, and why
     */
    AtcContents atc(int requesterId);

    /**
     * The processes of the built-in guest.
     *
     * @throws IllegalStateException if the machine does not answer, or another guest runs on it;
     *     the message says which
     */
    ProcessTable processes();

    /**
     * The streams, as the tables in memory have them; of any guest.
     *
     * @throws IllegalStateException if the machine does not answer; the message says why
     */
    StreamsTable streams();
  }

  /** One machine on virtual time; who watches it changes nothing in it. */
  interface SimulatedMachineRun extends WatchableMachine {
    /**
     * Runs it, once.
     *
     * @param stopped asked now and then; from true on the run is brought to its end, as at a
     *     time-out
     * @throws UserException if the scenario stopped, or anything in the machine failed
     */
    SimulatedOutcome run(Progress progress, BooleanSupplier stopped) throws UserException;

    /** How it goes on. */
    Pace pace();
  }

  /** One running machine. */
  interface RunningMachine extends WatchableMachine, AutoCloseable {
    /** Where devices can attach, as HOST:PORT or unix:PATH, with the real port. */
    List<String> busAddresses();

    /** Where the harness of an external guest connects, or is; null for the built-in kernel. */
    @Nullable String guestPort();

    /**
     * From now on a line goes there for each device that comes or leaves, those before included.
     *
     * @param news called from any thread
     */
    void tellNews(Consumer<String> news);

    /**
     * Waits until the machine has nobody left who could use it; for ever, if it listens.
     *
     * @throws UserException if it cannot go on
     */
    void awaitEnd() throws InterruptedException, UserException;

    /**
     * Starts the configured device processes, waits for them and runs the scenario's steps.
     *
     * @return how it ended
     * @throws UserException if a device process cannot be started
     */
    Ending runScenario(Progress progress) throws UserException;

    /**
     * Begins a step by hand, on the built-in guest, beside the scenario if one is under way.
     *
     * @return its number, for {@link #report}
     * @throws IllegalStateException if it cannot begin; the message says why
     */
    long perform(Step step);

    /**
     * How far a step by hand has come.
     *
     * @throws IllegalArgumentException if it is not known, or not any more
     */
    StepReport report(long number);

    /** Stops everything, also while the scenario runs; can be repeated. */
    @Override
    void close();
  }

  /** How a scenario ended. */
  enum Ending {
    /** All steps were done; the verdict says how well. */
    DONE,
    /** The scenario's time was over before its steps were. */
    TIMED_OUT
  }
}
