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
 * An unmodified Linux kernel in an unmodified QEMU drives a machine: its own SMMUv3 driver, VFIO,
 * and a module that attaches a domain to a PASID. The guest's programs are in {@code
 * emulator/src/test/linux}; QEMU, kernel and compiler are those of {@code configs/linux/fetch}.
 */
@EnabledIfEnvironmentVariable(
    named = "SMMULATOR_LINUX",
    matches = ".+",
    disabledReason = "names no folder that 'configs/linux/fetch FOLDER --build' has filled")
@Timeout(value = 20, unit = TimeUnit.MINUTES) // a boot takes some seconds, on a busy computer more
class LinuxBootTest {
  @TempDir private Path folder;

  @Test
  void theKernelsOwnDriverMapsCopiesUnmapsAndIsRefused() throws Exception {
    Path fetched = Path.of(Objects.requireNonNull(System.getenv("SMMULATOR_LINUX")));
    Path initrd = guest(fetched);
    Path summary = folder.resolve("summary.json");
    Process machine =
        machine("run", "--summary", summary.toString())
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
              fetched.resolve("Image").toString(),
              "--initrd",
              initrd.toString());
      machine.destroy();
      assertThat(machine.waitFor()).isZero();
    } finally {
      machine.destroyForcibly();
    }
    said.stream().filter(line -> line.contains("boot: ")).forEach(System.out::println);
    drove(said);
    counted(new JsonMapper().readTree(Files.readString(summary)));
  }

  /** The kernel's own words, and those of our programs. */
  private static void drove(List<String> said) {
    assertThat(said)
        .as("probe")
        .anyMatch(line -> line.matches(".*arm-smmu-v3 10000000.iommu: oas 44-bit .*"));
    assertThat(said).contains("boot: VFIO copy: SAME", "boot: VFIO copy after unmap: UNTOUCHED");
    assertThat(said)
        .as("the fault in the kernel's words")
        .anyMatch(
            line ->
                line.contains("F_TRANSLATION client: 0000:00:02.0 sid: 0x10")
                    && line.contains("iova: 0x202000"));
    for (String device : List.of("0000:00:04.0", "0000:00:05.0")) {
      assertSaid(said, device + ": iommu_attach_device_pasid: 0");
      assertSaid(said, device + ": copy with PASID 5: status 0, SAME");
      assertSaid(said, device + ": iommu_unmap: 4096 bytes");
      assertSaid(said, device + ": copy after iommu_unmap: status 2, UNTOUCHED");
      assertSaid(said, device + ": pasid: done, 0");
    }
    assertThat(said).contains("boot: done");
    assertThat(said).noneMatch(line -> line.contains("CMD_SYNC timeout"));
  }

  private static void assertSaid(List<String> said, String end) {
    assertThat(said).anyMatch(line -> line.endsWith(end));
  }

  /** What the machine found meanwhile. */
  private static void counted(JsonNode summary) {
    System.out.println("vfio-user: " + summary.get("vfioUser"));
    System.out.println("commands: " + summary.at("/smmu/commands"));
    JsonNode verdict = summary.get("verdict");
    assertThat(verdict.get("violations")).isEmpty();
    assertThat(verdict.get("staleAccesses").asLong()).isZero();
    assertThat(verdict.get("protocolViolations").asLong()).isZero();
    assertThat(verdict.at("/checked/accessesChecked").asLong()).isPositive();
    assertThat(verdict.at("/checked/packetsJudged").asLong()).isPositive();
    assertThat(verdict.at("/checked/grantsRevoked").asLong()).isPositive();
    assertThat(summary.at("/smmu/events/F_TRANSLATION").asLong()).isPositive();
    for (JsonNode device : summary.get("devices")) {
      if (device.get("model").asString().equals("dma")) {
        assertThat(device.at("/atc/entriesDropped").asLong()).isPositive();
        assertThat(device.get("translatedAccesses").asLong()).isPositive();
        assertThat(device.get("invalidationsSent").asLong())
            .isPositive()
            .isEqualTo(device.get("invalidationsCompleted").asLong());
      }
    }
    assertThat(summary.at("/vfioUser/commandsRefused").asLong()).isZero();
    assertThat(summary.at("/vfioUser/malformed").asLong()).isZero();
    assertThat(summary.at("/vfioUser/dmaWrites").asLong()).as("interrupts").isPositive();
  }

  private Path guest(Path fetched) throws Exception {
    Path built = folder.resolve("guest");
    Path build = Configs.folder().resolveSibling("emulator").resolve("src/test/linux/build");
    Process process =
        new ProcessBuilder(build.toString(), fetched.toString(), built.toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String printed = RealProcess.printed(process);
    assertThat(process.waitFor()).as(printed).isZero();
    return built.resolve("initrd.gz");
  }

  /** The machine file that users have, with everything of it in a folder of ours. */
  private ProcessBuilder machine(String command, String... options) {
    List<String> words = new ArrayList<>(List.of(command));
    words.add(Configs.folder().resolve("linux").resolve("machine.yaml").toString());
    words.addAll(List.of("--no-http", "--bus", "127.0.0.1:0"));
    words.addAll(List.of("--set", "machine.ramMiB=256"));
    words.addAll(List.of("--set", "machine.ramFile=" + folder.resolve("ram")));
    words.addAll(List.of("--set", "guest.directory=" + folder.resolve("v")));
    words.addAll(List.of(options));
    return RealProcess.of(words.toArray(String[]::new));
  }

  /** Runs QEMU to its end; what it and the kernel print. A kernel that panics ends it, too. */
  private List<String> boot(Process machine, String... options)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("--exec", "--append", "panic=-1"));
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
