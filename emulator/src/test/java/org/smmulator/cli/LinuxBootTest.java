package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * An unmodified Linux kernel in an unmodified QEMU drives a machine: its own SMMUv3 driver, VFIO,
 * and a module that attaches a domain to a PASID and unmaps pages under DMA. The system property
 * {@code smmulator.linux.long} makes the last of it go on for so many seconds.
 */
@EnabledIfEnvironmentVariable(
    named = LinuxMachine.FOLDER,
    matches = ".+",
    disabledReason = "names no folder that 'configs/linux/fetch FOLDER --build' has filled")
@Timeout(value = 60, unit = TimeUnit.MINUTES) // a boot takes some seconds, on a busy computer more
class LinuxBootTest {
  private static final List<String> COPIERS = List.of("0000:00:04.0", "0000:00:05.0");
  private static final int ROUNDS = 4;
  private static final int CHURN = 50;
  private static final int LONG_SECONDS = Integer.getInteger("smmulator.linux.long", 0);

  @TempDir private Path folder;

  @Test
  void theKernelsOwnDriverMapsCopiesUnmapsAndIsRefused() throws Exception {
    LinuxMachine.Software software = LinuxMachine.Software.typed();
    try (LinuxMachine machine = new LinuxMachine(folder, software, List.of("--no-http"));
        LinuxGuest guest = machine.boot(List.of())) {
      drive(guest);
      guest.off();
      JsonNode summary = machine.end();
      List.of("user space", "VFIO copy", "churn: ", "ound ").forEach(guest::print);
      counted(summary);
      drove(guest.said());
    }
  }

  private static void drive(LinuxGuest guest) throws Exception {
    guest.does("vfio");
    String unused = guest.awaits("F_TRANSLATION");
    boolean isLong = LONG_SECONDS > 0;
    guest.does("load pasid.ko rounds=" + ROUNDS + " churn=" + (isLong ? Integer.MAX_VALUE : CHURN));
    if (isLong) {
      unused = guest.awaits("churn: begun");
      TimeUnit.SECONDS.sleep(LONG_SECONDS);
      guest.does("write /sys/module/pasid/parameters/churn 0");
    }
    for (String each : COPIERS) {
      unused = guest.awaits(each + ": pasid: done, ");
    }
    guest.does("unload pasid");
  }

  /** The kernel's own words, and those of our programs. */
  private static void drove(List<String> said) {
    assertThat(said)
        .as("probe")
        .anyMatch(line -> line.matches(".*arm-smmu-v3 10000000.iommu: oas 44-bit .*"));
    assertSaid(said, "boot: VFIO copy: SAME");
    assertSaid(said, "boot: VFIO copy after unmap: UNTOUCHED");
    assertThat(said)
        .as("the fault in the kernel's words")
        .anyMatch(
            line ->
                line.contains("F_TRANSLATION client: 0000:00:02.0 sid: 0x10")
                    && line.contains("iova: 0x202000"));
    for (String device : COPIERS) {
      assertSaid(said, device + ": iommu_attach_device_pasid: 0");
      assertSaid(said, device + ": copy with PASID 5: status 0, SAME");
      assertSaid(said, device + ": iommu_unmap: 4096 bytes");
      assertSaid(said, device + ": copy after iommu_unmap: status 2, UNTOUCHED");
      for (int round = 1; round <= ROUNDS; round++) {
        assertThat(said).anyMatch(new Round(device, round)::isKept);
      }
      assertThat(said).anyMatch(line -> line.contains(device + ": churn: ") && isClean(line));
      assertSaid(said, device + ": pasid: done, 0");
    }
    assertThat(said).noneMatch(line -> line.contains("CMDQ error"));
  }

  /** What one round says if the device has not reached a page that it had been unmapped. */
  private record Round(String device, int number) {
    boolean isKept(String line) {
      return line.contains(device + ": round " + number + ": ")
          && line.endsWith("status 0, after it was handed out again 2, KEPT");
    }
  }

  private static boolean isClean(String line) {
    return line.matches(".*[1-9]\\d* copies and [1-9]\\d* refused, 0 others, 0 pages OVERWRITTEN");
  }

  private static void assertSaid(List<String> said, String end) {
    assertThat(said).anyMatch(line -> line.endsWith(end));
  }

  /** What the machine found meanwhile. */
  private static void counted(JsonNode summary) {
    System.out.println("vfio-user: " + summary.get("vfioUser"));
    System.out.println("commands: " + summary.at("/smmu/commands"));
    System.out.println("checked: " + summary.at("/verdict/checked"));
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
}
