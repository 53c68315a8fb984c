package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.metrics.Summaries;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** What only a terminal or a shell gets. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TerminalTest {
  private static final String RED = "\u001b[1m\u001b[31mVerdict: FAILED\u001b[";
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();

  private int execute(Ansi ansi, String... args) {
    CommandLine line = SmmulatorCommand.commandLine(FakeLauncher::new);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
    return line.setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(new StringWriter(), true))
        .execute(args);
  }

  private static WebServer failed() throws IOException {
    return WebServer.start(
        "127.0.0.1:0", new FakeWatched(Summaries::failed, question -> List.of()));
  }

  @Test
  void aFailedVerdictIsRedWhereThereAreColours() throws IOException {
    try (WebServer server = failed()) {
      assertThat(execute(Ansi.ON, "stats", "--http", server.address())).isZero();
      assertThat(out.toString()).contains("\n" + RED);
      out.getBuffer().setLength(0);
      assertThat(execute(Ansi.OFF, "stats", "--http", server.address())).isZero();
      assertThat(out.toString()).contains("\nVerdict: FAILED\n").doesNotContain("\u001b");
    }
  }

  @Test
  void aVerdictThatDidNotFailHasNoColour() throws IOException {
    try (WebServer server =
        WebServer.start("127.0.0.1:0", new FakeWatched(Summaries::passed, question -> List.of()))) {
      assertThat(execute(Ansi.ON, "stats", "--http", server.address())).isZero();
      assertThat(out.toString()).contains("\nVerdict: PASSED\n").doesNotContain("\u001b");
    }
  }

  /** The real program on a real pseudo-terminal, and not. */
  @ParameterizedTest
  @CsvSource({"true, , true", "true, 1, false", "false, , false"})
  void colourNeedsATerminalAndLeaveToColour(
      boolean terminal, @Nullable String noColor, boolean isRed) throws Exception {
    assumeTrue(!terminal || Files.isExecutable(SCRIPT), "no script to make a terminal");
    try (WebServer server = failed()) {
      String command = String.join(" ", RealProcess.command("stats", "--http", server.address()));
      ProcessBuilder builder =
          terminal
              ? new ProcessBuilder(SCRIPT.toString(), "-qec", command, "/dev/null")
              : new ProcessBuilder("/bin/sh", "-c", command);
      builder.environment().keySet().removeAll(List.of("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"));
      builder.environment().put("TERM", "xterm");
      if (noColor != null) {
        builder.environment().put("NO_COLOR", noColor);
      }
      Process process = builder.redirectInput(new File("/dev/null")).start();
      String printed = RealProcess.printed(process);
      assertThat(process.waitFor()).as(printed).isZero();
      assertThat(printed).contains("Verdict: FAILED");
      assertThat(printed.contains(RED)).as(printed).isEqualTo(isRed);
    }
  }

  @Test
  void bashCompletesCommandsAndOptions() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash to complete anything");
    assertThat(execute(Ansi.OFF, "generate-completion")).isZero();
    String script = Files.writeString(folder.resolve("completion"), out.toString()).toString();

    assertThat(bash("-n", script)).isEmpty();
    assertThat(completions(script, "smmulator", "st")).containsExactly("stats");
    assertThat(completions(script, "smmulator", "atc-")).containsExactly("atc-curve");
    assertThat(completions(script, "smmulator", "run", "--print"))
        .containsExactly("--print-config");
    assertThat(completions(script, "smmulator", "")).contains("run", "help", "check");
  }

  /** What bash would offer for the last word. */
  private static List<String> completions(String script, String... words) throws Exception {
    String program =
        "source \"$0\"; compopt() { :; }; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _complete_smmulator"
            + " \"$1\" \"${@:$#}\" \"\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    List<String> arguments = new ArrayList<>(List.of("-c", program, script));
    arguments.addAll(List.of(words));
    return bash(arguments.toArray(String[]::new)).lines().toList();
  }

  private static String bash(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/bin/bash"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }
}
