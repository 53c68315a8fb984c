package org.smmulator.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.Configs;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
    Path fetched = Path.of(Objects.requireNonNull(System.getenv("SMMULATOR_LINUX")));
    Path image = Path.of(Objects.requireNonNull(System.getenv("SMMULATOR_LINUX_IMAGE")));
    Path initrd = guest(fetched, image);
    Path summary = folder.resolve("summary.json");
    Path events = folder.resolve("events.jsonl");
    Process machine =
        machine("run", "--summary", summary.toString(), "--events", events.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> said;
    try {
      said =
          boot(
              machine,
              "--qemu",
              fetched.resolve("qemu-system-aarch64").toString(),
              "--kernel",
              image.toString(),
              "--initrd",
              initrd.toString());
      machine.destroy();
      assertThat(machine.waitFor()).isZero();
    } finally {
      machine.destroyForcibly();
    }
    said.stream().filter(line -> line.startsWith("user space")).forEach(System.out::println);
    OperationCommands commands = OperationCommands.read(events);
    List<String> table = SvaTable.of(said, commands.rows());
    table.forEach(System.out::println);
    assertSame(table, Files.readAllLines(SVA.resolve("operations.txt")));
    assertThat(commands.between()).as("commands that belong to no operation").isEmpty();
    counted(new JsonMapper().readTree(Files.readString(summary)));
  }

  private static void assertSame(List<String> table, List<String> expected) {
    for (int line = 0; line < Math.min(table.size(), expected.size()); line++) {
      assertThat(table.get(line)).as("line %d", line + 1).isEqualTo(expected.get(line));
    }
    assertThat(table).hasSameSizeAs(expected);
  }

  /** What the machine found meanwhile. */
  private static void counted(JsonNode summary) {
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

  private Path guest(Path fetched, Path image) throws IOException, InterruptedException {
    Path built = folder.resolve("guest");
    Process process =
        new ProcessBuilder(
                SVA.resolve("guest").toString(),
                fetched.toString(),
                image.toString(),
                built.toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String printed = RealProcess.printed(process);
    assertThat(process.waitFor()).as(printed).isZero();
    return built.resolve("initrd.gz");
  }

  /** The machine file that users have, with everything of it in a folder of ours. */
  private ProcessBuilder machine(String command, String... options) {
    List<String> words = new ArrayList<>(List.of(command, SVA.resolve("machine.yaml").toString()));
    words.addAll(List.of("--no-http", "--bus", "127.0.0.1:0"));
    words.addAll(List.of("--set", "machine.ramFile=" + folder.resolve("ram")));
    words.addAll(List.of("--set", "guest.directory=" + folder.resolve("v")));
    words.addAll(List.of(options));
    return RealProcess.of(words.toArray(String[]::new));
  }

  /** Runs QEMU to its end; what the guest prints. A kernel that panics ends it, too. */
  private List<String> boot(Process machine, String... options)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("--exec", "--append", "quiet panic=-1 sva_ends"));
    words.addAll(List.of("--wait", "600"));
    words.addAll(List.of(options));
    Process qemu =
        machine("qemu", words.toArray(String[]::new))
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    CompletableFuture<Void> unused = machine.onExit().thenRun(qemu::destroy); // it would wait
    List<String> said = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(qemu.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line.stripTrailing());
      }
      assertThat(qemu.waitFor()).as(String.join("\n", said)).isZero();
    } finally {
      qemu.destroy();
    }
    return said;
  }
}
