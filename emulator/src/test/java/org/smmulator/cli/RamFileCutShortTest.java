package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.launch.ExitCode;

/** Another program cuts the file of the RAM short, while a machine runs in a process of its own. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RamFileCutShortTest {
  private static final String MACHINE =
      """
      machine: {name: cut, ramMiB: 64, ramFile: ram}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      """;
  private static final String LONG = MACHINE + LongDma.STORY;
  private static final String SENTENCE =
      "smmulator: ram, the file of the machine's RAM, was cut short by another program; what was in"
          + " it is lost and now zero, and the machine has ended";

  @TempDir private Path folder;

  private Process start(String yaml, String... javaOptions) throws IOException {
    Path file = Files.writeString(folder.resolve("machine.yaml"), yaml);
    List<String> command = new ArrayList<>(RealProcess.command("run", file.toString()));
    command.addAll(1, List.of(javaOptions));
    return new ProcessBuilder(command).directory(folder.toFile()).start();
  }

  private void cut(long bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("ram").toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  /** What else it said. */
  private List<String> assertOrderlyEnd(Process process, BufferedReader said) throws Exception {
    List<String> rest = said.lines().toList();
    assertThat(process.waitFor()).as("%s", rest).isEqualTo(ExitCode.RAM_LOST.code());
    assertThat(rest).containsOnlyOnce(SENTENCE);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .as("no report of a crash")
          .containsExactlyInAnyOrder("machine.yaml", "ram");
    }
    return rest;
  }

  /** Interpreted, compiled at once without and with care, and as it comes. */
  @ParameterizedTest
  @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation", "-Xmixed"})
  void aScenarioEndsWithTheSentenceWhileDevicesWork(String mode) throws Exception {
    Process process = start(LONG, mode);
    try (BufferedReader said = process.errorReader(UTF_8)) {
      List<String> unused = RealProcess.readUntil(said, LongDma::hasCompared);
      cut(4096);
      String printed = RealProcess.printed(process);
      List<String> rest = assertOrderlyEnd(process, said);
      // The hardware's thread may have been the first to find nothing there.
      assertThat(printed + rest).containsAnyOf("ATC lookups", "smmulator: there are no tables: ");
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"guest: {kind: external, port: 'unix:s,server=on'}\n", ""})
  void aMachineThatOnlyWaitsEndsToo(String guest) throws Exception {
    Process process = start(MACHINE + guest);
    try (BufferedReader said = process.errorReader(UTF_8)) {
      List<String> unused = RealProcess.readUntil(said, line -> line.startsWith("Ctrl-C"));
      cut((64 << 20) - 1);
      unused = assertOrderlyEnd(process, said);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aDiskWithoutSpaceIsASentenceAtStartAndLeavesNoFile() throws Exception {
    Path file = Files.writeString(folder.resolve("machine.yaml"), MACHINE);
    List<String> command =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f 2048; exec \"$@\"", "-"));
    command.addAll(RealProcess.command("run", file.toString()));
    Process process = new ProcessBuilder(command).directory(folder.toFile()).start();
    assertThat(RealProcess.complaints(process))
        .isEqualTo(
            "smmulator: machine.ramFile: ram: no space for 64 MiB: File too large; make some, or"
                + " use another path or less RAM\n");
    assertThat(process.waitFor()).isEqualTo(ExitCode.USAGE.code());
    assertThat(folder.resolve("ram")).doesNotExist();
  }
}
