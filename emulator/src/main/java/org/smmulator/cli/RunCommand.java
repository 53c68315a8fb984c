package org.smmulator.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.ConfigException;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Exposure;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.MachineYaml;
import org.smmulator.config.PortAddress;
import org.smmulator.config.Setting;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.UserException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Ctrl-C in a scenario prints what was counted until then; the verdict is that of a run cut",
      "short.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class RunCommand implements Callable<Integer> {
  private final Supplier<MachineLauncher> launcher;

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
      description =
          "Keep machine and metrics up after the scenario, until Ctrl-C; the verdict decides.")
  private boolean stay;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed instead of scenario.seed; the same seed repeats the address streams, and a"
              + " simulated run wholly.")
  private @Nullable Long seed;

  @Option(
      names = "--guest-port",
      paramLabel = "ADDRESS",
      description = {
        "Guest port instead of guest.port: unix:PATH or tcp:HOST:PORT connects to a harness,",
        "with ,server=on the machine listens there."
      })
  private @Nullable String guestPort;

  @Option(
      names = "--vfio-user",
      paramLabel = "DIR",
      description = {
        "Serve SMMU and devices over vfio-user in the folder DIR, whatever section guest says:",
        "guest: {kind: vfio-user, directory: DIR}."
      })
  private @Nullable String vfioUser;

  @Mixin private SettingOptions settings = new SettingOptions();

  @Mixin private PluginOptions plugins = new PluginOptions();

  @Mixin private SimulateOptions simulate = new SimulateOptions();

  @Option(
      names = "--print-config",
      description = "Print the machine with all its keys as a machine file, and start nothing.")
  private boolean printConfig;

  RunCommand(Supplier<MachineLauncher> launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws ConfigException, UserException {
    plugins.use();
    MachineConfig config = load();
    simulate.requireSense();
    if (printConfig) {
      Output.of(spec).print(MachineYaml.write(config));
      return ExitCode.OK.code();
    }
    if (summaryFile != null) {
      Output.requireWritable("--summary", summaryFile);
    }
    Output output = Output.of(spec);
    try (StoryFiles story =
        StoryFiles.open(simulate.events, simulate.perfetto, output, !simulate.isWanted())) {
      Report report = new Report(output, summaryFile);
      ExitCode code =
          simulate.isWanted()
              ? simulate(config, output, report, story)
              : run(config, output, report, story);
      return story.end(output, code).code();
    }
  }

  private ExitCode simulate(MachineConfig config, Output output, Report report, StoryFiles story)
      throws UserException {
    String words = file + settings.words() + plugins.words();
    Simulation simulation = new Simulation(launcher.get(), config, words, simulate, output);
    return untilSignal(
        () -> {
          Integer code = simulation.stop();
          story.close();
          if (code != null) {
            Runtime.getRuntime().halt(code);
          }
        },
        () -> simulation.run(report, stay, story.recorder()));
  }

  private ExitCode run(MachineConfig config, Output output, Report report, StoryFiles story)
      throws UserException {
    try (MachineSession session = MachineSession.start(launcher.get(), config, story.recorder())) {
      Run run = new Run(session, config, output, report, stay);
      return untilSignal(() -> stopped(run, story), run::call);
    }
  }

  /** What a signal may end early. */
  private interface Work {
    ExitCode call() throws UserException;
  }

  private static ExitCode untilSignal(Runnable stop, Work work) throws UserException {
    SignalHook hook = SignalHook.add(stop);
    try {
      return work.call();
    } finally {
      hook.remove();
    }
  }

  private MachineConfig load() throws ConfigException, UserException {
    List<Setting> changes = new ArrayList<>(settings.settings());
    if (vfioUser != null) {
      changes.add(Setting.ofText("--vfio-user", "guest.kind", "vfio-user"));
      changes.add(Setting.ofText("--vfio-user", "guest.directory", vfioUser));
    }
    MachineConfig config = ConfigFile.load(file, changes);
    if (guestPort != null) {
      config = config.withGuestPort(portOf(config, guestPort));
    }
    return seed == null ? config : config.withSeed(seed);
  }

  private static PortAddress portOf(MachineConfig config, String text) throws UserException {
    if (!config.guest().isAtPort()) {
      throw wrongPort("this machine has no guest port; write guest: external in its file");
    }
    PortAddress port;
    try {
      port = PortAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw wrongPort(String.valueOf(e.getMessage()));
    }
    if (!config.machine().exposed() && Exposure.isExposed(port.socket())) {
      throw wrongPort(new Exposure("guest.port", port.socket().toString()).refusal());
    }
    return port;
  }

  private static UserException wrongPort(String sentence) {
    return new UserException(ExitCode.USAGE, "--guest-port: " + sentence);
  }

  private static void stopped(Run run, StoryFiles story) {
    Integer code = run.stop();
    story.close();
    if (code != null) {
      Runtime.getRuntime().halt(code);
    }
  }
}
