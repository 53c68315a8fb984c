package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.Configs;
import tools.jackson.databind.JsonNode;

/**
 * A real Linux kernel binds address spaces of processes to devices: everything that changes in them
 * reaches SMMU and ATC through its own MMU notifiers, and it serves the page faults of a device
 * that stalls. Machine file, driver and program are those of {@code configs/linux/sva}, for users;
 * the kernel is one that {@code configs/linux/sva/kernel} has built.
 */
@EnabledIfEnvironmentVariable(
    named = "SMMULATOR_LINUX_IMAGE",
    matches = ".+",
    disabledReason = "names no kernel that 'configs/linux/sva/kernel FOLDER' has built")
@Timeout(value = 20, unit = TimeUnit.MINUTES) // it takes some 20 s, on a busy computer more
class LinuxSvaTest {
  private static final Path SVA = Configs.folder().resolve("linux").resolve("sva");

  /** Has an ATC; the other one stalls. */
  private static final String TRANSLATING = "00:04.0";

  private static final String STALLING = "00:05.0";

  @TempDir private Path folder;

  @Test
  void whatChangesInAProcessReachesItsDevices() throws Exception {
    Path image = Path.of(Objects.requireNonNull(System.getenv("SMMULATOR_LINUX_IMAGE")));
    Path initrd =
        LinuxMachine.Software.build(
            SVA.resolve("guest"), LinuxMachine.fetched(), image, folder.resolve("guest"));
    LinuxMachine.Software software =
        new LinuxMachine.Software(
            SVA.resolve("machine.yaml"), image, initrd, "quiet panic=-1 sva_ends");
    Path events = folder.resolve("events.jsonl");
    List<String> words = List.of("--no-http", "--events", events.toString());
    List<String> said;
    JsonNode summary;
    try (LinuxMachine machine = new LinuxMachine(folder, software, words);
        LinuxGuest guest = machine.boot(List.of())) {
      said = guest.ends(); // a kernel that panics ends it, too
      summary = machine.end();
    }
    said.stream().filter(line -> line.startsWith("user space")).forEach(System.out::println);
    OperationCommands commands = OperationCommands.read(events);
    List<String> table = SvaTable.of(said, commands.rows());
    table.forEach(System.out::println);
    assertSame(table, Files.readAllLines(SVA.resolve("operations.txt")));
    assertThat(commands.between()).as("commands that belong to no operation").isEmpty();
    counted(summary, aborts(table));
  }

  private static void assertSame(List<String> table, List<String> expected) {
    for (int line = 0; line < Math.min(table.size(), expected.size()); line++) {
      assertThat(table.get(line)).as("line %d", line + 1).isEqualTo(expected.get(line));
    }
    assertThat(table).hasSameSizeAs(expected);
  }

  private static long aborts(List<String> table) {
    return table.stream().mapToLong(line -> line.split("RESUME abort", -1).length - 1).sum();
  }

  /**
   * What the machine found meanwhile.
   *
   * @param aborts stalls that the kernel ended so
   */
  private static void counted(JsonNode summary, long aborts) {
    JsonNode verdict = summary.get("verdict");
    assertThat(verdict.get("violations")).isEmpty();
    assertThat(verdict.get("staleAccesses").asLong()).isZero();
    assertThat(verdict.get("protocolViolations").asLong()).isZero();
    assertThat(verdict.at("/checked/accessesChecked").asLong()).isPositive();
    assertThat(verdict.at("/checked/grantsRevoked").asLong()).isPositive();
    JsonNode translating = device(summary, TRANSLATING);
    assertThat(translating.get("invalidationsSent").asLong())
        .as("every ATC_INV is an Invalidate Request")
        .isEqualTo(summary.at("/smmu/commands/ATC_INV").asLong())
        .isEqualTo(translating.get("invalidationsCompleted").asLong());
    assertThat(translating.at("/atc/entriesDropped").asLong()).isPositive();
    assertThat(summary.at("/smmu/commands/RESUME").asLong())
        .as("every event is a stall that the kernel has resumed")
        .isPositive()
        .isEqualTo(events(summary));
    JsonNode stalling = device(summary, STALLING);
    assertThat(stalling.get("translatedAccesses").asLong()).isZero();
    assertThat(stalling.get("invalidationsSent").asLong()).isZero();
    assertThat(stalling.get("refused").asLong())
        .as("posted writes included, of which the device hears nothing")
        .isGreaterThanOrEqualTo(aborts);
    assertThat(summary.at("/vfioUser/commandsRefused").asLong()).isZero();
    assertThat(summary.at("/vfioUser/malformed").asLong()).isZero();
  }

  private static long events(JsonNode summary) {
    long sum = 0;
    for (JsonNode count : summary.at("/smmu/events")) {
      sum += count.asLong();
    }
    return sum;
  }

  private static JsonNode device(JsonNode summary, String id) {
    for (JsonNode device : summary.get("devices")) {
      if (device.get("id").asString().equals(id)) {
        return device;
      }
    }
    throw new AssertionError("no " + id + " in the summary");
  }
}
