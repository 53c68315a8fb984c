package org.smmulator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A device of another process that is attached, plugged into a running kernel with 4 CPUs, driven,
 * unplugged and detached, while the kernel unmaps pages under the DMA of two others.
 */
@EnabledIfEnvironmentVariable(
    named = LinuxMachine.FOLDER,
    matches = ".+",
    disabledReason = "names no folder that 'configs/linux/fetch FOLDER --build' has filled")
@Timeout(value = 20, unit = TimeUnit.MINUTES) // a boot takes some seconds, on a busy computer more
class LinuxHotPlugTest {
  private static final String ID = "00:06.0";

  /** The first function of the first bus behind a port. */
  private static final String PLUGGED = "0000:01:00.0";

  @TempDir private Path folder;

  @Test
  void aDeviceComesIsDrivenAndGoesBesideTheDmaOfOthers() throws Exception {
    LinuxMachine.Software software = LinuxMachine.Software.typed();
    try (LinuxMachine machine = new LinuxMachine(folder, software, List.of("--no-http"));
        LinuxGuest guest = machine.boot(List.of("--cpus", "4", "--hot-plug", ID))) {
      guest.does("vfio");
      guest.does("load pasid.ko churn=4000000000");
      for (String each : List.of("0000:00:04.0", "0000:00:05.0")) {
        String unused = guest.awaits(each + ": churn: begun");
      }
      comeAndGo(machine, guest);
      guest.does("write /sys/module/pasid/parameters/churn 0");
      guest.does("unload pasid");
      guest.off();
      JsonNode summary = machine.end();
      List.of("smp: B", "pciehp", PLUGGED, "churn: ").forEach(guest::print);
      drove(guest.said(), summary);
    }
  }

  private static void comeAndGo(LinuxMachine machine, LinuxGuest guest) throws Exception {
    Path socket = machine.sockets().resolve(ID + ".sock");
    assertThat(socket).doesNotExist();
    Process device =
        RealProcess.of("attach", "dma", "--bus", machine.bus(), "--id", ID, "--name", "hot")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      perform(machine, "--plug"); // waits for the socket
      assertThat(socket).exists();
      String unused = guest.awaits(PLUGGED + ": churn: begun");
      perform(machine, "--unplug");
      unused = guest.awaits(PLUGGED + ": pasid: removed");
      assertThat(device.isAlive()).isTrue();
      device.destroy();
      int unusedCode = device.waitFor(); // it was told to go, and says so
      while (Files.exists(socket)) {
        TimeUnit.MILLISECONDS.sleep(10); // it goes soon after the device
      }
    } finally {
      device.destroyForcibly();
    }
  }

  private static void perform(LinuxMachine machine, String what) throws Exception {
    Process process =
        machine
            .command("qemu", List.of(what, ID, "--wait", "600"))
            .redirectErrorStream(true)
            .start();
    String printed = RealProcess.printed(process);
    assertThat(process.waitFor()).as(printed).isZero();
  }

  private static void drove(List<String> said, JsonNode summary) {
    assertThat(said).anyMatch(line -> line.contains("smp: Brought up 1 node, 4 CPUs"));
    assertThat(said).anyMatch(line -> line.endsWith("boot: VFIO copy: SAME"));
    for (String device : List.of("0000:00:04.0", "0000:00:05.0", PLUGGED)) {
      assertThat(said)
          .anyMatch(line -> line.endsWith(device + ": copy with PASID 5: status 0, SAME"))
          .anyMatch(
              line ->
                  line.contains(device + ": churn: ")
                      && line.endsWith("refused, 0 others, 0 pages OVERWRITTEN"))
          .anyMatch(line -> line.endsWith(device + ": pasid: done, 0"));
    }
    assertThat(said).noneMatch(line -> line.contains("CMDQ error"));
    System.out.println("checked: " + summary.at("/verdict/checked"));
    assertThat(summary.at("/verdict/violations")).isEmpty();
    assertThat(summary.at("/verdict/staleAccesses").asLong()).isZero();
    assertThat(summary.at("/verdict/overdueAccesses").asLong()).isZero();
    assertThat(summary.at("/verdict/protocolViolations").asLong()).isZero();
    assertThat(summary.at("/verdict/checked/grantsRevoked").asLong()).isPositive();
  }
}
