package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.launch.ExitCode;
import org.smmulator.metrics.CheckedCounter;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;

/** SIGTERM, which does what Ctrl-C does, while a machine runs in a process of its own. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CutShortTest {
  private static final int SIGTERM = 143;
  private static final String MACHINE =
      """
      machine: {name: stopped, ramMiB: 64}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      """;
  private static final String LONG = MACHINE + LongDma.STORY;
  private static final String PASSES =
      MACHINE
          + LongDma.BOUND
          + """
              - dma: {processes: [alice], devices: ['00:04.0'], operations: 100, pages: 16}
              - munmap: {process: alice, page: 0, pages: 8}
              - exit: {process: alice}
          """;
  private static final String NOTHING_TO_CHECK =
      MACHINE + "scenario: {steps: [{process: {name: alice, pages: 1}}]}\n";

  @TempDir private Path folder;

  private String file(String yaml) throws IOException {
    return Files.writeString(folder.resolve("machine.yaml"), yaml).toString();
  }

  @Test
  void aScenarioThatIsStoppedHasTablesAndASummaryThatSaySo() throws Exception {
    Path json = folder.resolve("summary.json");
    Process process = RealProcess.of("run", file(LONG), "--summary", json.toString()).start();
    try (BufferedReader said = process.errorReader(UTF_8)) {
      RealProcess.readUntil(said, LongDma::hasCompared);
      process.toHandle().destroy(); // destroy() would close what it prints to
      String printed = RealProcess.printed(process);

      assertThat(process.waitFor()).isEqualTo(SIGTERM);
      assertThat(printed).containsOnlyOnce("Verdict: CUT SHORT\n").contains("ATC lookups");
    } finally {
      process.destroyForcibly();
    }
    String written = Files.readString(json);
    assertThat(written).contains("\"cutShort\" : true", "\"passed\" : false");
    Summary summary = SummaryJson.read(written);
    assertThat(summary.verdict().checked(CheckedCounter.BYTES_COMPARED)).isPositive();
    assertThat(summary.devices()).hasSize(1);
  }

  /** Its order is decided by the seed, and so are the tables that it has had so far. */
  @Test
  void aSimulationThatIsStoppedHasTablesThatSaySo() throws Exception {
    Path events = folder.resolve("events");
    String[] arguments = {"run", file(LONG), "--simulated", "--events", events.toString()};
    Process process = RealProcess.of(arguments).start();
    try (BufferedReader said = process.errorReader(UTF_8)) {
      RealProcess.readUntil(said, LongDma::hasCompared);
      process.toHandle().destroy();
      String printed = RealProcess.printed(process);

      assertThat(process.waitFor()).isEqualTo(SIGTERM);
      assertThat(printed).containsOnlyOnce("Verdict: CUT SHORT\n").contains("ATC lookups");
      assertThat(Files.readString(events)).endsWith("\"}\n");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void manySeedsThatAreStoppedSayHowFarTheyCame() throws Exception {
    Process process = RealProcess.of("run", file(PASSES), "--seeds", "1..1000000").start();
    try (BufferedReader said = process.errorReader(UTF_8)) {
      RealProcess.readUntil(said, line -> line.matches("[1-9][0-9,]* of 1,000,000 machines.*"));
      process.toHandle().destroy();
      RealProcess.readUntil(said, line -> line.matches("[1-9][0-9,]* of 1,000,000 machines.*"));
      assertThat(process.waitFor()).isEqualTo(SIGTERM);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void afterTheScenarioTheVerdictDecidesThatPassed() throws Exception {
    assertThat(codeAfterStaying(PASSES)).isZero();
  }

  @Test
  void afterTheScenarioTheVerdictDecidesThatDidNotPass() throws Exception {
    Process ends = RealProcess.of("run", file(NOTHING_TO_CHECK)).start();
    assertThat(RealProcess.printed(ends)).contains("Verdict: ");
    int code = ends.waitFor();

    assertThat(code).isNotZero().isNotEqualTo(SIGTERM);
    assertThat(codeAfterStaying(NOTHING_TO_CHECK)).isEqualTo(code);
  }

  private int codeAfterStaying(String yaml) throws Exception {
    Process process = RealProcess.of("run", file(yaml), "--stay").start();
    try (BufferedReader said = process.errorReader(UTF_8)) {
      RealProcess.readUntil(said, line -> line.startsWith("Ctrl-C stops"));
      process.toHandle().destroy();
      assertThat(RealProcess.printed(process)).containsOnlyOnce("Verdict: ");
      return process.waitFor();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aSummaryThatCannotBeWrittenIsAnErrorOfAStoppedMachineToo() throws Exception {
    Path json = folder.resolve("taken/summary.json");
    Files.createDirectory(json.getParent());
    String yaml = MACHINE + "guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on'}\n";
    Process process = RealProcess.of("run", file(yaml), "--summary", json.toString()).start();
    try (BufferedReader said = process.errorReader(UTF_8)) {
      RealProcess.readUntil(said, line -> line.startsWith("Ctrl-C stops"));
      Files.delete(json.getParent());
      process.toHandle().destroy();

      assertThat(process.waitFor()).isEqualTo(ExitCode.OUTPUT_LOST.code());
      assertThat(said.lines())
          .anyMatch(
              line -> line.startsWith("smmulator: --summary: " + json + " was not written: "));
    } finally {
      process.destroyForcibly();
    }
  }
}
