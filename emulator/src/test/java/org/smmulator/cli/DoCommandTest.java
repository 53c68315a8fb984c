package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.launch.ExitCode;
import org.smmulator.metrics.StepReport;

/** Steps by hand, on a machine in another process. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DoCommandTest {
  private static final String MACHINE =
      """
      machine: {name: by-hand, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: '127.0.0.1:0'}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, process: machine, name: small}
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private @Nullable Process machine;
  private String http = "";

  /** With a folder of its own for the token. */
  private void start(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), yaml);
    List<String> command = RealProcess.command("run", file.toString());
    command.add(1, "-Djava.io.tmpdir=" + folder);
    Process started = new ProcessBuilder(command).start();
    machine = started;
    BufferedReader said = started.errorReader(UTF_8);
    List<String> lines = RealProcess.readUntil(said, line -> line.startsWith("Ctrl-C"));
    for (String line : lines) {
      if (line.startsWith("  live page: ")) {
        http = line.replaceAll(".*http://|/$", "");
      }
    }
  }

  @AfterEach
  void stop() {
    machine().destroyForcibly();
  }

  private Process machine() {
    return Objects.requireNonNull(machine);
  }

  private int execute(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Smmulator.commandLine(FakeLauncher::new)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private int perform(String step, String... more) throws IOException {
    String[] first = {"do", step, "--http", http, "--token-file", token().toString()};
    return execute(Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new));
  }

  private Path token() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("smmulator-\\d+-\\d+\\.token"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no token"));
    }
  }

  @Test
  void aPersonSeesAnMunmapEmptyAnAtc() throws Exception {
    start(MACHINE);
    assertThat(perform("process: {name: alice, pages: 32}")).isZero();
    assertThat(perform("bind: {process: alice, devices: ['00:04.0']}")).isZero();
    assertThat(
            perform("dma: {processes: [alice], devices: ['00:04.0'], operations: 400, pages: 16}"))
        .isZero();
    assertThat(execute("atc", "small", "--http", http)).isZero();
    assertThat(out.toString()).contains("alice");

    assertThat(perform("munmap: {process: alice, page: 0, pages: 16}")).isZero();
    assertThat(out.toString().lines().skip(1).findFirst().orElse("").replaceAll(" +", " "))
        .startsWith(" munmap alice 0-15 16 1 19 00:04.0 1 16 0 ");
    assertThat(out.toString()).contains("00:04.0: dropped 16 entries of");
    assertThat(execute("atc", "small", "--http", http)).isZero();
    assertThat(out.toString()).doesNotContain("alice");

    assertThat(perform("exit: {process: alice}", "--json")).isZero();
    assertThat(StepReport.read(out.toString()).state()).isEqualTo(StepReport.State.DONE);
    assertThat(execute("ps", "--http", http)).isZero();
    assertThat(out.toString()).contains("exited");
  }

  @Test
  void whatDoesNotFitIsRefusedAndTheMachineGoesOn() throws Exception {
    start(MACHINE);
    assertThat(perform("munmap: {process: alice, page: 0, pages: 16}"))
        .isEqualTo(ExitCode.USAGE.code());
    assertThat(err)
        .hasToString(
            "smmulator: step: munmap.process: no process alice was started before; there is"
                + " none\n");
    assertThat(out.toString()).isEmpty();
    for (String step :
        List.of(" ", "exit", "exit: {proces: alice}", "{", "[a, b]", "x".repeat(2049), "&a [*a]")) {
      assertThat(perform(step)).as(step).isEqualTo(ExitCode.USAGE.code());
      assertThat(err.toString()).as(step).startsWith("smmulator: step: ");
    }
    assertThat(perform("process: {name: alice, pages: 32}")).isZero();
  }

  @Test
  void onlyWhoHasTheTokenMay() throws Exception {
    start(MACHINE);
    Path other = Files.writeString(folder.resolve("other"), "0".repeat(32) + "\n");
    String[] step = {"do", "process: {name: eve, pages: 1}", "--http", http, "--token-file"};
    assertThat(execute(with(step, other.toString()))).isEqualTo(ExitCode.USAGE.code());
    assertThat(err.toString()).contains("no token of this machine is found");
    assertThat(execute(with(step, folder.resolve("machine.yaml").toString())))
        .isEqualTo(ExitCode.USAGE.code());
    assertThat(err.toString()).contains("has no token of a machine");
    assertThat(execute("ps", "--http", http)).isZero();
    assertThat(out).hasToString("no process\n");
  }

  private static String[] with(String[] first, String last) {
    return Stream.concat(Stream.of(first), Stream.of(last)).toArray(String[]::new);
  }

  @Test
  void theTokenEndsWithTheMachine() throws Exception {
    start(MACHINE);
    Path token = token();
    assertThat(Files.readString(token)).matches("[0-9a-f]{32}\n");
    machine().toHandle().destroy();
    machine().waitFor();
    assertThat(token).doesNotExist();
    assertThat(execute("do", "exit: {process: a}", "--http", http))
        .isEqualTo(ExitCode.UNREACHABLE.code());
  }

  @Test
  void aMachineOfAnotherProgramDoesNoSteps() throws Exception {
    start(
        MACHINE.replaceAll("(?s)devices:.*", "guest: {kind: external, port: 'unix:s,server=on'}"));
    Path other = Files.writeString(folder.resolve("other"), "0".repeat(32) + "\n");
    assertThat(
            execute("do", "exit: {process: a}", "--http", http, "--token-file", other.toString()))
        .isEqualTo(ExitCode.USAGE.code());
    assertThat(err.toString()).contains("the guest is a program of yours");
  }
}
