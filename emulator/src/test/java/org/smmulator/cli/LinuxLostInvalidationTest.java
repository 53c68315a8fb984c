package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * An ATC_INV that the root complex loses, under a real kernel: Linux goes on after a second, and
 * the device overwrites pages that have another owner by then, until its invalidation times out and
 * it is cut off. Where none is lost, in {@link LinuxBootTest}, the same rounds keep all pages.
 */
@EnabledIfEnvironmentVariable(
    named = LinuxGuest.FOLDER,
    matches = ".+",
    disabledReason = "names no folder that 'configs/linux/fetch FOLDER --build' has filled")
@Timeout(value = 20, unit = TimeUnit.MINUTES) // a boot takes some seconds, on a busy computer more
class LinuxLostInvalidationTest {
  private static final String COPIER = "0000:00:04.0";

  /** Some of the kernel's own come first, and that of the module's first unmap. */
  private static final int LOST = 6;

  /** Longer than the second that Linux waits, by far. */
  private static final int TIMEOUT_MILLIS = 25_000;

  private static final String LIVE_PAGE = "live page: http://";

  @TempDir private Path folder;

  @Test
  void isSeenByTheKernelAndNamedByTheMachine() throws Exception {
    List<String> machine =
        List.of(
            "--http",
            "127.0.0.1:0",
            "--set",
            "sabotage.loseInvalidation=" + LOST,
            "--set",
            "bus.invalidationTimeoutMillis=" + TIMEOUT_MILLIS);
    try (LinuxGuest guest = new LinuxGuest(folder, machine, List.of())) {
      guest.does("load pasid.ko rounds=8 only=" + COPIER);
      String unused = guest.awaits("pasid: done, ");
      overwrote(guest.said());
      unused = guest.machineSays("00:04.0 (copier) is isolated since ");
      guest.does("peek " + COPIER);
      unused = guest.awaits("boot: " + COPIER + " reads 0xffffffff");
      unused = guest.machineSays("a read of its register at ");
      isolated(guest);
      JsonNode summary = guest.end();
      List.of("round ", "SYNC timeout", "CMDQ error", "reads 0x").forEach(guest::print);
      named(summary);
    }
  }

  /** All rounds before the lost one were kept; from there on, pages are overwritten. */
  private static void overwrote(List<String> said) {
    List<String> rounds = said.stream().filter(line -> line.contains(": round ")).toList();
    assertThat(rounds).as("first round").first().asString().endsWith("KEPT");
    assertThat(rounds).anyMatch(line -> line.endsWith("OVERWRITTEN"));
    assertThat(said).anyMatch(line -> line.contains("CMD_SYNC timeout"));
  }

  private static void isolated(LinuxGuest guest) throws Exception {
    String said = guest.machineSays(LIVE_PAGE);
    String http = said.substring(said.indexOf(LIVE_PAGE) + LIVE_PAGE.length()).replace("/", "");
    assertThat(
            asked(
                "explain",
                "--http",
                http,
                "--stream",
                "00:04.0",
                "--pasid",
                "5",
                "--address",
                "0x10002000",
                "--access",
                "write"))
        .contains("00:04.0, isolated since ", "registers: reads are answered with all ones");
    assertThat(asked("ps", "--http", http)).contains("copier (00:04.0) is isolated since ");
    assertThat(asked("stats", "--http", http, "--json"))
        .as("what the live page shows")
        .contains("\"isolated\" : \"isolated since ");
  }

  /** What a command says on either stream. */
  private static String asked(String... words) {
    StringWriter said = new StringWriter();
    PrintWriter writer = new PrintWriter(said, true);
    int unused =
        Smmulator.commandLine(FakeLauncher::new).setOut(writer).setErr(writer).execute(words);
    return said.toString();
  }

  private static void named(JsonNode summary) {
    JsonNode violations = summary.at("/verdict/violations");
    System.out.println("violations: " + violations);
    assertThat(violations).hasSize(1);
    JsonNode lost = violations.get(0);
    assertThat(lost.get("device").asString()).isEqualTo("00:04.0");
    assertThat(lost.get("pasid").asInt()).isEqualTo(5);
    assertThat(lost.get("address").asString()).isEqualTo("0x10002000");
    assertThat(lost.get("text").asString())
        .startsWith(
            "no Invalidate Completion within "
                + TIMEOUT_MILLIS
                + " ms for 0x10002000 to 0x10002fff; still granted: 0x");
    assertThat(summary.at("/verdict/clean").asBoolean()).isFalse();
  }
}
