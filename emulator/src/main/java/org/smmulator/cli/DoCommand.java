package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.StepReport;
import org.smmulator.web.StepToken;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code smmulator do}: what is asked goes to the machine, which judges it. */
@Command(
    name = "do",
    description = {
      "Does one step of the scenario language on a running machine, waits until it is done and"
          + " prints what it caused.",
      "",
      "Ctrl-C ends the waiting, not the step. Only the user who runs the machine may: the machine"
          + " writes a token to a file that nobody else can read.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = Smmulator.Version.class)
final class DoCommand implements Callable<Integer> {
  private static final Pattern NUMBER = Pattern.compile("\\{\"number\":(\\d{1,18})\\}\\s*");
  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LAST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "The machine's token (default: where a machine of yours at this port wrote it).")
  private @Nullable Path tokenFile;

  @Option(names = "--json", description = "Print JSON instead of a table and a tree.")
  private boolean json;

  @Parameters(
      paramLabel = "STEP",
      description = "Such as 'munmap: {process: alice, page: 0, pages: 16}'.")
  private String step = "";

  private final Ticks ticks;

  DoCommand(Ticks ticks) {
    this.ticks = ticks;
  }

  @Override
  public Integer call() throws UserException, InterruptedException {
    String asked = machine.post("/api/step?step=" + URLEncoder.encode(step, UTF_8), tokens());
    Matcher number = NUMBER.matcher(asked);
    if (!number.matches()) {
      throw machine.unlikeAMachine("no number of a step");
    }
    StepReport report = awaitEnd("/api/step?number=" + number.group(1));
    if (json || report.state() != StepReport.State.REFUSED) {
      Output.of(spec).print(json ? report.json() : report.render());
    }
    return switch (report.state()) {
      case DONE, RUNNING -> ExitCode.OK.code();
      case REFUSED -> throw new UserException(ExitCode.USAGE, String.valueOf(report.why()));
      case FAILED -> throw new UserException(ExitCode.NOT_RUN, String.valueOf(report.why()));
    };
  }

  private List<String> tokens() throws UserException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    List<String> tokens = new ArrayList<>();
    try {
      if (tokenFile != null) {
        return List.of(StepToken.read(tokenFile));
      }
      for (Path file : StepToken.candidates(temporary, machine.port())) {
        addTo(tokens, file);
      }
    } catch (IOException e) {
      throw new UserException(
          ExitCode.USAGE,
          tokenFile == null
              ? temporary + " cannot be read: " + e
              : "--token-file: " + tokenFile + " has no token of a machine: " + e.getMessage());
    }
    if (tokens.isEmpty()) {
      machine.get("/api/step"); // if there is no machine, that is why
      throw new UserException(
          ExitCode.USAGE,
          machine
              + " let nobody of this user in: no file in "
              + temporary
              + " has its token; run this as the user who started it, or give --token-file");
    }
    return tokens;
  }

  /** A file of a machine that has just ended may be gone. */
  private static void addTo(List<String> tokens, Path file) {
    try {
      tokens.add(StepToken.read(file));
    } catch (IOException e) {
      // then it has no token
    }
  }

  private StepReport awaitEnd(String path) throws UserException, InterruptedException {
    long pause = FIRST_LOOK_NANOS;
    StepReport report = report(path);
    while (report.state() == StepReport.State.RUNNING) {
      ticks.pause(pause);
      pause = Math.min(2 * pause, LAST_LOOK_NANOS);
      report = report(path);
    }
    return report;
  }

  private StepReport report(String path) throws UserException {
    try {
      return StepReport.read(machine.get(path));
    } catch (IOException e) {
      throw machine.unlikeAMachine(String.valueOf(e.getMessage()));
    }
  }
}
