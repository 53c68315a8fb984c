package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine with more RAM than its JVM can hold, in a process of its own. */
@Timeout(120)
class SmallMachineTest {
  private static final String LARGEST = "0x400000";

  @TempDir private Path folder;

  @Test
  void ramForWhichTheJvmHasNoMemoryFailsAloneAndLeavesThePortWhole() throws Exception {
    Path socket = folder.resolve("guest");
    Process machine = start(socket, "200m");
    try (BufferedReader said = machine.errorReader(UTF_8)) {
      awaitReady(said);
      try (Harness harness = new Harness(SocketChannel.open(UnixDomainSocketAddress.of(socket)))) {
        assertThat(harness.ask("memset 0x40000000 0x40000000 0x55"))
            .isEqualTo(
                "FAIL out of memory: the JVM's heap has room for 80 MiB of RAM that is written to;"
                    + " start it with SMMULATOR_JAVA_OPTS=-Xmx1408m");
        assertThat(harness.ask("readl 0x40000000"))
            .as("whole or not at all")
            .endsWith("0".repeat(8));
        assertThat(harness.ask("memset 0x40000000 0x5000000 0x55")).isEqualTo("OK");
        assertThat(harness.ask("writel 0x60000000 1")).startsWith("FAIL out of memory: ");
        assertThat(harness.ask("memset 0x40000000 0x40000000 0")).as("takes none").isEqualTo("OK");
        for (int i = 0; i < 3; i++) {
          String bytes = "0x" + "5a".repeat(4 << 20);
          assertThat(harness.ask("write 0x40000000 " + LARGEST + " " + bytes)).isEqualTo("OK");
          assertThat(harness.ask("read 0x40000000 " + LARGEST)).isEqualTo("OK " + bytes);
        }
      }
    } finally {
      machine.destroyForcibly();
    }
  }

  @Test
  void aCommandForWhichTheHeapIsTooSmallFailsAlone() throws Exception {
    Path socket = folder.resolve("guest");
    Process machine = start(socket, "24m");
    try (BufferedReader said = machine.errorReader(UTF_8)) {
      awaitReady(said);
      try (Harness harness = new Harness(SocketChannel.open(UnixDomainSocketAddress.of(socket)))) {
        String bytes = "0x" + "5a".repeat(4 << 20);
        for (String large :
            List.of("write 0x40000000 0x400000 " + bytes, "read 0x40000000 0x400000")) {
          assertThat(harness.ask(large))
              .isEqualTo(
                  "FAIL out of memory; start the machine with a larger heap, as with"
                      + " SMMULATOR_JAVA_OPTS=-Xmx512m");
        }
        assertThat(harness.ask("endianness")).isEqualTo("OK little");
      }
    } finally {
      machine.destroyForcibly();
    }
  }

  /** A machine with a heap that has regions of 1 MiB. */
  private Process start(Path socket, String heap) throws Exception {
    Path file = folder.resolve("machine.yaml");
    Files.writeString(
        file,
        """
        machine: {name: small, ramMiB: 1024}
        guest: {kind: external, port: 'unix:%s,server=on'}
        bus: {listen: ['127.0.0.1:0']}
        http: {listen: null}
        """
            .formatted(socket));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + heap,
            "-XX:+UseG1GC",
            "-XX:G1HeapRegionSize=1m",
            "-cp",
            System.getProperty("java.class.path"),
            "org.smmulator.cli.SmmulatorCommand",
            "run",
            file.toString())
        .start();
  }

  private static void awaitReady(BufferedReader said) throws Exception {
    String line = said.readLine();
    while (line != null && !line.startsWith("Ctrl-C stops")) {
      line = said.readLine();
    }
  }
}
