package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.launch.ExitCode;
import picocli.CommandLine;

/** The prompt, on a machine in another process. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MonitorCommandTest extends MachineByHand {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";
  private static final String UP = "\u001b[A";
  private static final Executor THREAD = task -> new Thread(task, "prompt").start();

  private final PipedOutputStream keys = new PipedOutputStream();
  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final StringWriter said = new StringWriter();
  private final StringWriter complained = new StringWriter();

  /** A prompt on a terminal whose keys we press. */
  private CompletableFuture<Integer> prompt() throws IOException {
    Terminal terminal =
        new ExternalTerminal("test", "ansi", new PipedInputStream(keys, 1 << 16), screen, UTF_8);
    CommandLine line =
        new CommandLine(new MonitorCommand(Ticks.OF_THE_SYSTEM, () -> terminal))
            .setOut(new PrintWriter(said, true))
            .setErr(new PrintWriter(complained, true));
    SmmulatorCommand.handleFailures(line);
    String[] args = {
      "--http", http, "--token-file", token().toString(), "--history", history().toString()
    };
    return CompletableFuture.supplyAsync(() -> line.execute(args), THREAD);
  }

  private Path history() {
    return folder.resolve("history");
  }

  private void press(String text) throws IOException {
    keys.write(text.getBytes(UTF_8));
    keys.flush();
  }

  private Process script(String lines) throws IOException {
    Process monitor = process("monitor", "--http", http).start();
    monitor.getOutputStream().write(lines.getBytes(UTF_8));
    monitor.getOutputStream().close();
    return monitor;
  }

  @Test
  void aScriptIsASessionWithTheMachine() throws Exception {
    start(MACHINE);
    Process monitor =
        script(
            """
            # alice's memory becomes the device's, until it is unmapped
            process: {name: alice, pages: 32}
            bind: {process: alice, devices: ['00:04.0']}
            dma: {processes: [alice], devices: ['00:04.0'], operations: 400, pages: 16}
            atc small
            munmap: {process: alice, page: 0, pages: 16}
            explain --device small --process alice --page 3 --access read
            ps
            exit
            munmap: {process: alice, page: 16, pages: 16}
            """);
    String printed = RealProcess.printed(monitor);
    assertThat(RealProcess.complaints(monitor)).isEmpty();
    assertThat(monitor.waitFor()).isZero();
    assertThat(printed).containsPattern("(?s)alice +0x[0-9a-f]+.*dropped 16 entries");
    assertThat(printed).contains("ATC: the device holds nothing of this page");
    assertThat(printed).containsPattern("alice +running");
    assertThat(printed).doesNotContain("munmap alice 16-31");
  }

  @Test
  void aScriptEndsWithTheLineThatFails() throws Exception {
    start(MACHINE);
    Process monitor =
        script("process: {name: alice, pages: 32}\nmunmap alice\nexit: {process: alice}\n");
    assertThat(RealProcess.complaints(monitor))
        .isEqualTo(
            """
            smmulator: munmap is a step; write it as munmap: {process: .., page: .., pages: ..}
            smmulator: line 2 has failed: munmap alice
            """);
    assertThat(monitor.waitFor()).isEqualTo(ExitCode.USAGE.code());
    assertThat(execute("ps", "--http", http)).isZero();
    assertThat(out.toString()).containsPattern("alice +running");
  }

  @Test
  void whatMakesNoSenseIsAnsweredInASentence() throws Exception {
    start(MACHINE);
    for (String line :
        new String[] {
          "{",
          "[[[",
          ": :",
          "a: &x [*x]",
          "exit: {process: nobody}",
          "x".repeat(100_000),
          "\u0000\u0001\u001b[2J",
          "ps --nonsense",
          "atc",
          "explain --page",
          "run x.yaml"
        }) {
      Process monitor = script(line + "\n");
      assertThat(RealProcess.complaints(monitor)).as(line).startsWith("smmulator: ");
      assertThat(monitor.waitFor()).as(line).isEqualTo(ExitCode.USAGE.code());
    }
    assertThat(perform("process: {name: alice, pages: 32}")).isZero();
  }

  @Test
  void aPromptCompletesStepsAndTheNamesOfTheMachine() throws Exception {
    start(MACHINE);
    assertThat(perform("process: {name: bob, pages: 1}")).isZero();
    assertThat(perform("bind: {process: bob, devices: ['00:04.0']}")).isZero(); // it is there now
    CompletableFuture<Integer> code = prompt();
    press("proc\tna\talice, pa\t32}\r");
    press("bi\tpro\tal\t, dev\t\t]}\r");
    press("atc 00\t--pr\tal\t\r");
    press(CTRL_D);
    assertThat(code.get()).isZero();
    assertThat(complained.toString()).isEmpty();
    assertThat(said.toString()).contains("process alice", "bind alice 00:04.0", ": 0 entries");
  }

  @Test
  void aPromptKeepsWhatWasTyped() throws Exception {
    start(MACHINE);
    assertThat(perform("process: {name: bob, pages: 1}")).isZero();
    assertThat(perform("bind: {process: bob, devices: ['00:04.0']}")).isZero(); // it is there now
    CompletableFuture<Integer> code = prompt();
    press("process: {name: alice, pages: 32}\r" + UP + "\rquit\r");
    assertThat(code.get()).isZero();
    assertThat(complained.toString()).contains("process.name");
    assertThat(Files.readString(history())).contains("process: {name: alice, pages: 32}", "quit");
  }

  @Test
  void ctrlCEndsTheWaitingAndNotTheStep() throws Exception {
    start(MACHINE);
    assertThat(perform("process: {name: bob, pages: 1}")).isZero();
    assertThat(perform("bind: {process: bob, devices: ['00:04.0']}")).isZero(); // it is there now
    CompletableFuture<Integer> code = prompt();
    press("process: {name: alice, pages: 32}\r");
    press("bind: {process: alice, devices: ['00:04.0']}\r");
    press("dma: {processes: [alice], devices: ['00:04.0'], operations: 100000000, pages: 16}\r");
    while (!isWorking()) {
      Thread.onSpinWait();
    }
    press(CTRL_C + "kill: {process: alice}\r" + CTRL_D);
    assertThat(code.get()).isZero();
    assertThat(complained.toString()).contains("not waited for any longer; the step goes on");
    assertThat(said.toString()).contains("kill alice");
  }

  /** Whether the device works for alice. */
  private boolean isWorking() {
    return execute("atc", "small", "--http", http) == 0 && out.toString().contains("alice");
  }

  @Test
  void withoutAMachineThereIsNothingToBeDriven() throws Exception {
    start(MACHINE);
    machine().destroy();
    machine().waitFor();
    assertThat(execute("monitor", "--http", http)).isEqualTo(ExitCode.UNREACHABLE.code());
    assertThat(err.toString()).contains("start a machine with 'smmulator run'");
  }
}
