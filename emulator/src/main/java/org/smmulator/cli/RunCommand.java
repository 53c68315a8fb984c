package org.smmulator.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.smmulator.cli.MachineLauncher.Ending;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.PortAddress;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.SummaryTables;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator run}. */
@Command(
    name = "run",
    description = {
      "Starts a machine and runs the scenario of its file; prints tables and a verdict.",
      "Without a scenario the machine waits for devices until Ctrl-C; with an external guest it is",
      "driven through its guest port, until Ctrl-C or the end of the harness it connected to.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Smmulator.Version.class)
final class RunCommand implements Callable<Integer> {
  private final MachineLauncher launcher;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "Machine file, such as configs/quickstart.yaml.")
  private Path file = Path.of("");

  @Option(
      names = "--summary",
      paramLabel = "FILE",
      description = "Write what the tables show as JSON.")
  private @Nullable Path summaryFile;

  @Option(
      names = "--stay",
      description = "Keep machine and metrics up after the scenario, until Ctrl-C.")
  private boolean stay;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed instead of scenario.seed; the same seed repeats the address streams.")
  private @Nullable Long seed;

  @Option(
      names = "--guest-port",
      paramLabel = "ADDRESS",
      description = {
        "Guest port instead of guest.port: unix:PATH or tcp:HOST:PORT connects to a harness,",
        "with ,server=on the machine listens there."
      })
  private @Nullable String guestPort;

  @Option(names = "--no-http", description = "Start no HTTP server, whatever http.listen says.")
  private boolean noHttp;

  RunCommand(MachineLauncher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws ConfigException, UserException {
    MachineConfig config = load();
    if (summaryFile != null) {
      Output.requireWritable("--summary", summaryFile);
    }
    String http = noHttp ? null : config.http().listen();
    try (MachineSession session = MachineSession.start(launcher, config, http)) {
      Thread hook = new Thread(() -> stopped(session, config), "shutdown");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        return run(session, config).code();
      } finally {
        Output.removeHook(hook);
      }
    }
  }

  private MachineConfig load() throws ConfigException, UserException {
    MachineConfig config = ConfigFile.load(file);
    if (guestPort != null) {
      config = config.withGuestPort(portOf(config, guestPort));
    }
    return seed == null ? config : config.withSeed(seed);
  }

  private static PortAddress portOf(MachineConfig config, String text) throws UserException {
    if (!config.guest().isExternal()) {
      throw new UserException(
          ExitCode.USAGE,
          "--guest-port: the guest of this machine is built in; write guest: external in its file");
    }
    try {
      return PortAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, "--guest-port: " + e.getMessage());
    }
  }

  private ExitCode run(MachineSession session, MachineConfig config) throws UserException {
    err().println("machine " + config.machine().name() + " runs");
    err()
        .println(
            "  devices: smmulator attach dma --bus " + session.machine().busAddresses().get(0));
    if (session.machine().guestPort() != null) {
      err().println("  guest port: " + session.machine().guestPort());
    }
    if (session.httpAddress() != null) {
      err().println("  live page: http://" + session.httpAddress() + "/");
    }
    err().flush();
    try {
      ExitCode code = config.scenario() == null ? ExitCode.OK : scenario(session);
      if (stay || config.scenario() == null) {
        err().println("Ctrl-C stops the machine");
        err().flush();
        session.machine().awaitEnd();
        if (!session.isClosed()) {
          err().println("the harness has closed the guest port; the machine stops");
          err().flush();
          report(session.summary());
        }
      }
      return code;
    } catch (InterruptedException e) {
      return ExitCode.STOPPED;
    }
  }

  private ExitCode scenario(MachineSession session) throws UserException, InterruptedException {
    Ending ending;
    try (Progress progress = new Progress(err(), isTerminal(), System::nanoTime)) {
      ending = session.machine().runScenario(progress);
    } catch (UserException e) {
      report(session.summary());
      throw e;
    }
    if (session.isClosed()) {
      return ExitCode.STOPPED;
    }
    Summary last = session.summary();
    report(last);
    if (ending == Ending.TIMED_OUT) {
      err()
          .println(
              "smmulator: the scenario did not finish in scenario.timeoutSeconds; a longer one may"
                  + " do");
      return ExitCode.TIMED_OUT;
    }
    return last.verdict().passed() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void report(Summary summary) throws UserException {
    PrintWriter out = Output.of(spec).out();
    out.println();
    out.print(SummaryTables.render(summary));
    out.flush();
    if (summaryFile != null) {
      try {
        SummaryJson.write(summary, summaryFile);
      } catch (IOException e) {
        throw new UserException(
            ExitCode.INTERNAL, "--summary: " + summaryFile + " was not written: " + e.getMessage());
      }
    }
  }

  /**
   * Ctrl-C. A machine without a scenario has its say now; another one said it or was cut short. To
   * one with an external guest it is the ordinary end.
   */
  private void stopped(MachineSession session, MachineConfig config) {
    Summary last = session.summary();
    session.close();
    if (config.scenario() == null) {
      try {
        report(last);
      } catch (UserException e) {
        err().println("smmulator: " + e.getMessage());
        err().flush();
      }
    }
    if (config.guest().isExternal()) {
      Runtime.getRuntime().halt(ExitCode.OK.code());
    }
  }

  /** The launcher asks the shell; without it only older JDKs have no console when redirected. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    String told = System.getProperty("smmulator.terminal");
    return told == null
        ? Runtime.version().feature() < 22 && System.console() != null
        : Boolean.parseBoolean(told);
  }

  private PrintWriter err() {
    return Output.of(spec).err();
  }
}
