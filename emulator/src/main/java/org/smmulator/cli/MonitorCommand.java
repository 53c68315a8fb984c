package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import org.smmulator.config.StepVocabulary.Named;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.pcie.DeviceCounters;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.shell.jline3.PicocliJLineCompleter;

/** {@code smmulator monitor}: a prompt for a running machine. */
@Command(
    name = "monitor",
    description = {
      "Drives a running machine from a prompt: steps of the scenario language, each with what it"
          + " caused, and commands that look at the machine. 'help' lists them.",
      "",
      "The tabulator completes steps, commands and the machine's names; earlier lines come with the"
          + " arrow keys. Where standard input is no terminal its lines are done one after the"
          + " other, up to the first that fails.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = SmmulatorCommand.Version.class)
final class MonitorCommand implements Callable<Integer> {
  private static final String PROMPT = "smmulator> ";
  private static final List<String> LAST = List.of("exit", "quit");

  /** Where the prompt is shown; one of type dumb shows none. */
  interface Opener {
    Terminal open() throws IOException;
  }

  private final Ticks ticks;
  private final Opener opener;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final StepSender sender;

  @Option(
      names = "--history",
      paramLabel = "FILE",
      description =
          "Keeps the lines that were typed (default: smmulator/history in $$XDG_STATE_HOME, or in"
              + " .local/state of your home).")
  private @Nullable Path history;

  MonitorCommand(Ticks ticks) {
    this(ticks, MonitorCommand::terminal);
  }

  MonitorCommand(Ticks ticks, Opener opener) {
    this.ticks = ticks;
    this.opener = opener;
    this.sender = new StepSender(ticks);
  }

  /** Without libraries of the system's own: {@code stty} sets it up. */
  private static Terminal terminal() throws IOException {
    return TerminalBuilder.builder().provider("exec").dumb(true).build();
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    sender.machine().get("/api/step"); // is there a machine?
    Output output = Output.of(spec);
    MonitorLines lines = new MonitorLines(sender, output, ticks);
    try (Terminal terminal = opener.open()) {
      if (terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
        return script(lines, output);
      }
      prompt(lines, output, terminal);
      return ExitCode.OK.code();
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "the terminal cannot be used: " + e.getMessage());
    }
  }

  private static int script(MonitorLines lines, Output output)
      throws IOException, InterruptedException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    int number = 1;
    for (String line = in.readLine(); line != null && !isLast(line); line = in.readLine()) {
      int code = lines.execute(line);
      if (code != ExitCode.OK.code()) {
        output.say("smmulator: line " + number + " has failed: " + line);
        return code;
      }
      number++;
    }
    return ExitCode.OK.code();
  }

  private void prompt(MonitorLines lines, Output output, Terminal terminal) {
    Thread here = Thread.currentThread();
    terminal.handle(Terminal.Signal.INT, signal -> here.interrupt());
    LineReader reader = reader(terminal);
    while (true) {
      try {
        String line = reader.readLine(PROMPT);
        if (isLast(line)) {
          return;
        }
        lines.execute(line);
      } catch (UserInterruptException e) {
        // The line is given up, as in a shell.
      } catch (InterruptedException e) {
        output.say("smmulator: not waited for any longer; the step goes on");
      } catch (EndOfFileException e) {
        return;
      }
    }
  }

  private static boolean isLast(String line) {
    return LAST.contains(line.strip());
  }

  private LineReader reader(Terminal terminal) {
    // Braces and quotes are YAML's here, and no shell's.
    DefaultParser parser = new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]);
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("smmulator")
            .parser(parser)
            .completer(
                new MonitorCompleter(
                    new PicocliJLineCompleter(MonitorLines.commandsToComplete(ticks)), this::names))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true);
    Path file = history == null ? usualHistory() : history;
    if (file != null) {
      builder.variable(LineReader.HISTORY_FILE, file);
    }
    return builder.build();
  }

  /** Null if its folder cannot be made: then lines are kept until the end only. */
  private static @Nullable Path usualHistory() {
    String state = System.getenv("XDG_STATE_HOME");
    Path home = Path.of(System.getProperty("user.home"), ".local", "state");
    Path folder = (state == null || state.isEmpty() ? home : Path.of(state)).resolve("smmulator");
    try {
      return Files.createDirectories(folder).resolve("history");
    } catch (IOException e) {
      return null;
    }
  }

  /** Those of a machine that does not answer are none. */
  private List<String> names(Named named) {
    try {
      return switch (named) {
        case PROCESS ->
            ProcessTable.read(sender.machine().get("/api/processes")).processes().stream()
                .filter(process -> !process.state().equals("exited"))
                .map(ProcessTable.Row::name)
                .toList();
        case DEVICE -> devices();
        case NOTHING -> List.of();
      };
    } catch (IOException | UserException e) {
      return List.of();
    }
  }

  private List<String> devices() throws IOException, UserException {
    return SummaryJson.read(sender.machine().get("/api/summary")).devices().stream()
        .filter(DeviceCounters::attached)
        .map(DeviceCounters::id)
        .toList();
  }
}
