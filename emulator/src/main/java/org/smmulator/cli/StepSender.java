package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.smmulator.launch.ExitCode;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.StepReport;
import org.smmulator.web.StepToken;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A running machine that is asked to do steps: the options that name it, and the asking. */
final class StepSender {
  private static final Pattern NUMBER = Pattern.compile("\\{\"number\":(\\d{1,18})\\}\\s*");
  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LAST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  @Mixin private final MachineHttp machine = new MachineHttp();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "The machine's token (default: where a machine of yours at this port wrote it).")
  private @Nullable Path tokenFile;

  private final Ticks ticks;

  StepSender(Ticks ticks) {
    this.ticks = ticks;
  }

  MachineHttp machine() {
    return machine;
  }

  /**
   * Has a step done and waits for its end, which is done, refused or failed.
   *
   * @param step as a scenario has it
   * @throws UserException if there is no machine, or it takes no step from this user
   */
  StepReport perform(String step) throws UserException, InterruptedException {
    String asked = machine.post("/api/step?step=" + URLEncoder.encode(step, UTF_8), tokens());
    Matcher number = NUMBER.matcher(asked);
    if (!number.matches()) {
      throw machine.unlikeAMachine("no number of a step");
    }
    return awaitEnd("/api/step?number=" + number.group(1));
  }

  /**
   * Prints what a step did.
   *
   * @throws UserException as {@link #requireDone}
   */
  static void tell(StepReport report, Output output) throws UserException {
    if (report.state() != StepReport.State.REFUSED) {
      output.print(report.render());
    }
    requireDone(report);
  }

  /** What a step that was not done is to the user. */
  static void requireDone(StepReport report) throws UserException {
    switch (report.state()) {
      case DONE, RUNNING -> {}
      case REFUSED -> throw new UserException(ExitCode.USAGE, String.valueOf(report.why()));
      case FAILED -> throw new UserException(ExitCode.NOT_RUN, String.valueOf(report.why()));
    }
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
