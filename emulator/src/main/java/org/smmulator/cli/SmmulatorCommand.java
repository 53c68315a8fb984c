package org.smmulator.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.smmulator.config.ConfigException;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.Hunt;
import org.smmulator.launch.MachineLauncher;
import org.smmulator.launch.UserException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line's entry. */
@Command(
    name = "smmulator",
    description = {
      "An emulated machine with an Arm SMMUv3, and devices that plug in over a socket.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class,
    footer = {
      "",
      "SMMULATOR_JAVA_OPTS has options for the JVM. In a checkout, emulator/bin/smmulator builds the",
      "jar if it is missing or older than a source; SMMULATOR_REBUILD=1 builds it in any case."
    },
    synopsisSubcommandLabel = "COMMAND")
public final class SmmulatorCommand implements Runnable {
  @Spec private CommandLine.Model.@Nullable CommandSpec spec;

  private int verbosity;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = {
        "Say more on standard error: -v what happens, in a run each change of an address space and",
        "what devices lost by it; -vv everything, in a run each command and invalidation."
      })
  @SuppressWarnings("UnusedMethod") // picocli calls it
  private void verbose(boolean[] times) {
    verbosity = times.length;
    Logger root = (Logger) LoggerFactory.getLogger("org.smmulator");
    root.setLevel(times.length > 1 ? Level.DEBUG : Level.INFO);
  }

  /** How often -v was given. */
  int verbosity() {
    return verbosity;
  }

  public static void main(String[] args) {
    CommandLine line = commandLine(args);
    line.setOut(StandardOutput.open());
    System.exit(Output.of(line).endsWith(execute(line, args)));
  }

  /** An error must not look like a failed verdict, whose code is that of an uncaught one. */
  private static int execute(CommandLine line, String[] args) {
    try {
      return line.execute(args);
    } catch (Error e) {
      LoggerFactory.getLogger(SmmulatorCommand.class).error("internal error, please report it", e);
      return ExitCode.INTERNAL.code();
    }
  }

  /** As much of the command line as these arguments need. */
  static CommandLine commandLine(String[] args) {
    return commandLine(namedBy(args), commands(SmmulatorCommand::machineLauncher));
  }

  /** The whole command line over a machine; for tests. */
  public static CommandLine commandLine(Supplier<MachineLauncher> launcher) {
    return commandLine(null, commands(launcher));
  }

  /**
   * As above, with stories, time and a terminal.
   *
   * @param terminal null for that of this process
   */
  static CommandLine commandLine(
      Supplier<MachineLauncher> launcher,
      Supplier<Hunt> hunt,
      Ticks ticks,
      Screen.@Nullable Opener terminal) {
    return commandLine(null, commands(launcher, hunt, ticks, terminal));
  }

  /**
   * @param named the only command that the line needs to know, because it is the one that is given:
   *     the others take longer to look at than the JVM to start; null for all
   */
  private static CommandLine commandLine(
      @Nullable String named, Map<String, Supplier<Object>> commands) {
    CommandLine line = new CommandLine(new SmmulatorCommand());
    Supplier<Object> only = named == null ? null : commands.get(named);
    if (only != null) {
      line.addSubcommand(only.get());
    } else {
      commands.values().forEach(command -> line.addSubcommand(command.get()));
      line.addSubcommand(new CommandLine.HelpCommand());
      line.addSubcommand(new AutoComplete.GenerateCompletion());
    }
    handleFailures(line);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    document(line);
    CommandLine attach = line.getSubcommands().get("attach");
    if (attach != null) {
      ModelHelp.addTo(attach);
    }
    return line;
  }

  /** The first word that is no option: those before a command have no values. */
  private static @Nullable String namedBy(String[] args) {
    for (String arg : args) {
      if (!arg.startsWith("-")) {
        return arg;
      }
    }
    return null;
  }

  private static Map<String, Supplier<Object>> commands(Supplier<MachineLauncher> launcher) {
    return commands(launcher, SmmulatorCommand::theHunt, Ticks.OF_THE_SYSTEM, null);
  }

  /** By their names, in the order of the help. */
  private static Map<String, Supplier<Object>> commands(
      Supplier<MachineLauncher> launcher,
      Supplier<Hunt> hunt,
      Ticks ticks,
      Screen.@Nullable Opener terminal) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("run", () -> new RunCommand(launcher));
    commands.put("hunt", () -> new HuntCommand(hunt));
    commands.put("attach", AttachCommand::new);
    commands.put("stats", () -> new StatsCommand(ticks));
    commands.put("top", () -> new TopCommand(ticks, terminal));
    commands.put("ps", PsCommand::new);
    commands.put("atc", AtcCommand::new);
    commands.put("explain", ExplainCommand::new);
    commands.put("do", () -> new DoCommand(ticks));
    commands.put("monitor", () -> new MonitorCommand(ticks));
    commands.put("events", EventsCommand::new);
    commands.put("decode", DecodeCommand::new);
    commands.put("atc-curve", AtcCurveCommand::new);
    commands.put("check", CheckCommand::new);
    commands.put("schema", SchemaCommand::new);
    commands.put("system-aarch64", () -> new SystemCommand(launcher));
    commands.put("qemu", QemuCommand::new);
    return commands;
  }

  /** What goes wrong is told in a sentence, also by the commands below. */
  static void handleFailures(CommandLine line) {
    line.setExecutionExceptionHandler(SmmulatorCommand::failed);
    line.setParameterExceptionHandler(SmmulatorCommand::misused);
  }

  @Override
  public void run() {
    CommandLine line = commandLineOf(spec);
    throw new ParameterException(
        line, "no command; use " + or(List.copyOf(line.getSubcommands().keySet())));
  }

  private static CommandLine commandLineOf(CommandLine.Model.@Nullable CommandSpec spec) {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec.commandLine();
  }

  private static void document(CommandLine line) {
    Map<String, String> codes = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      codes.put(Integer.toString(code.code()), code.meaning());
    }
    line.getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(codes)
        .width(100);
    line.getSubcommands().values().forEach(SmmulatorCommand::document);
  }

  /** Says what went wrong, and what it ends with. */
  static int failed(Exception e, CommandLine line, @Nullable ParseResult parsed) {
    if (e instanceof UserException user) {
      line.getErr().println("smmulator: " + user.getMessage());
      return user.exitCode().code();
    }
    PrintWriter err = line.getErr();
    if (e instanceof ConfigException config) {
      config.problems().forEach(err::println);
      return ExitCode.USAGE.code();
    }
    err.println("smmulator: internal error, please report it:");
    e.printStackTrace(err);
    return ExitCode.INTERNAL.code();
  }

  private static int misused(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    List<String> meant =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    String right =
        meant.isEmpty()
            ? "see '" + line.getCommandSpec().qualifiedName() + " --help'"
            : "did you mean " + or(meant) + "?";
    String wrong = String.valueOf(e.getMessage()).replaceFirst("\\.$", "");
    line.getErr().println("smmulator: " + wrong + "; " + right);
    return ExitCode.USAGE.code();
  }

  private static String or(List<String> all) {
    int last = all.size() - 1;
    String before = String.join(", ", all.subList(0, last));
    return last == 0 ? all.get(0) : before + " or " + all.get(last);
  }

  private static MachineLauncher machineLauncher() {
    return ServiceLoader.load(MachineLauncher.class)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no machine in this jar"));
  }

  private static Hunt theHunt() {
    return ServiceLoader.load(Hunt.class)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no hunt in this jar"));
  }

  /** The version of the jar. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = SmmulatorCommand.class.getPackage().getImplementationVersion();
      return new String[] {"smmulator " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
