package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.launch.ExitCode;
import org.smmulator.metrics.StepReport;

/** Steps by hand, on a machine in another process. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DoCommandTest extends MachineByHand {
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
        List.of(
            " ", "exit", "exit: {proces: alice}", "{", "[a, b]", "x".repeat(32_769), "&a [*a]")) {
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
