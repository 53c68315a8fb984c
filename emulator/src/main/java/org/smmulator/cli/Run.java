package org.smmulator.cli;

import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.Exposure;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.Progress;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;

/**
 * One run of a machine, to its end in {@link #call} or to that of {@link #stop}, which another
 * thread calls when a signal arrives. Whoever is first gives the report.
 */
final class Run {
  private static final long STOP_MILLIS = 15_000;

  private final MachineSession session;
  private final MachineConfig config;
  private final Output output;
  private final Report report;
  private final boolean stay;
  private volatile @Nullable Progress progress;

  /** What this run ends with, once that is known; STOPPED if a signal was first. */
  private final AtomicReference<@Nullable ExitCode> decided = new AtomicReference<>();

  private volatile boolean stopping;
  private volatile @Nullable Integer codeOfStop;

  /**
   * @param stay whether the machine outlives its scenario
   */
  Run(MachineSession session, MachineConfig config, Output output, Report report, boolean stay) {
    this.session = session;
    this.config = config;
    this.output = output;
    this.report = report;
    this.stay = stay;
    if (config.guest().isExternal()) {
      decided.set(ExitCode.OK);
    }
  }

  ExitCode call() throws UserException {
    announce();
    try {
      ExitCode code = config.scenario() == null ? ExitCode.OK : scenario();
      if (stay || config.scenario() == null) {
        output.say("Ctrl-C stops the machine");
        awaitEnd();
        if (!stopping) {
          output.say("the harness has closed the guest port; the machine stops");
          code = report.give(session::summary, code);
        }
      }
      return code;
    } catch (InterruptedException e) {
      ExitCode code = decided.get();
      return code == null ? ExitCode.STOPPED : code;
    }
  }

  /** A machine that cannot go on gives its report, too. */
  private void awaitEnd() throws InterruptedException, UserException {
    try {
      session.machine().awaitEnd();
    } catch (UserException e) {
      ExitCode unused = report.give(() -> session.summary().cutShort(), e.exitCode());
      throw e;
    }
  }

  private void announce() {
    PrintWriter err = output.err();
    for (Exposure exposure : Exposure.of(config)) {
      err.println("smmulator: warning: " + exposure.warning());
    }
    err.println("machine " + config.machine().name() + " runs");
    String bus = session.machine().busAddresses().get(0);
    String exposed = Exposure.isExposed(BusAddress.parse(bus)) ? " --exposed" : "";
    err.println("  devices: smmulator attach dma --bus " + bus + exposed);
    if (session.machine().guestPort() != null) {
      err.println("  guest port: " + session.machine().guestPort());
    }
    if (session.httpAddress() != null) {
      err.println("  live page: http://" + session.httpAddress() + "/");
    }
    err.flush();
    session.machine().tellNews(this::tell);
  }

  /** News of the machine, beside the progress if that is shown. */
  private void tell(String line) {
    Progress shown = progress;
    if (shown == null) {
      output.say(line);
    } else {
      shown.say(line);
    }
  }

  private ExitCode scenario() throws UserException, InterruptedException {
    Ending ending;
    try (Progress shown = output.progress()) {
      progress = shown;
      ending = session.machine().runScenario(shown);
    } catch (UserException | RuntimeException e) {
      if (decide(codeOf(e), () -> session.summary().cutShort()) == ExitCode.STOPPED) {
        return ExitCode.STOPPED;
      }
      throw e;
    }
    Summary whole = session.summary();
    Summary last = ending == Ending.TIMED_OUT ? whole.cutShort() : whole;
    ExitCode code = decide(code(ending, last), () -> last);
    if (code == ExitCode.TIMED_OUT) {
      output.say(
          "smmulator: the scenario did not finish in scenario.timeoutSeconds; a longer one may do");
    }
    return code;
  }

  /** Gives the report, unless a signal was first. */
  private ExitCode decide(ExitCode code, Supplier<Summary> source) {
    if (!decided.compareAndSet(null, code)) {
      return ExitCode.STOPPED;
    }
    ExitCode reported = report.give(source, code);
    decided.set(reported);
    return reported;
  }

  private static ExitCode codeOf(Exception e) {
    return e instanceof UserException user ? user.exitCode() : ExitCode.INTERNAL;
  }

  static ExitCode code(Ending ending, Summary last) {
    if (ending == Ending.TIMED_OUT) {
      return ExitCode.TIMED_OUT;
    }
    return switch (last.verdict().outcome()) {
      case PASSED -> ExitCode.OK;
      case FAILED -> ExitCode.FAILED;
      case NOT_RUN -> ExitCode.NOT_RUN;
    };
  }

  /**
   * Ctrl-C or another signal: the report is given as things stand, and the machine closed, both in
   * bounded time.
   *
   * @return the exit code if this was the ordinary end, as it is once the scenario is done, and for
   *     an external guest; null if the signal's own is right
   */
  @Nullable Integer stop() {
    stopping = true;
    Thread end = new Thread(this::end, "stop");
    end.setDaemon(true);
    end.start();
    try {
      end.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return codeOfStop;
  }

  private void end() {
    Progress shown = progress;
    if (shown != null) {
      shown.close();
    }
    boolean undecided = decided.compareAndSet(null, ExitCode.STOPPED);
    boolean cutShort = undecided && config.scenario() != null;
    ExitCode code =
        report.give(
            () -> cutShort ? session.summary().cutShort() : session.summary(),
            Objects.requireNonNull(decided.get()));
    codeOfStop = undecided ? null : output.endsWith(code.code());
    session.close();
  }

  /** The launcher asks the shell; without it only older JDKs have no console when redirected. */
  @SuppressWarnings("SystemConsoleNull")
  static boolean isTerminal() {
    String told = System.getProperty("smmulator.terminal");
    return told == null
        ? Runtime.version().feature() < 22 && System.console() != null
        : Boolean.parseBoolean(told);
  }
}
