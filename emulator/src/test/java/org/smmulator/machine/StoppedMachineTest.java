package org.smmulator.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The end of a machine in a process of its own. */
@Timeout(240)
class StoppedMachineTest {
  @TempDir private Path folder;

  @Test
  void anExternalMachineThatIsStoppedHasTablesAndNoVerdict() throws Exception {
    Path file = folder.resolve("machine.yaml");
    Files.writeString(
        file,
        """
        machine: {name: bare, ramMiB: 64}
        guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on'}
        bus: {listen: ['127.0.0.1:0']}
        http: {listen: null}
        """);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    Process machine =
        new ProcessBuilder(
                java, "-cp", classes, "org.smmulator.cli.SmmulatorCommand", "run", file.toString())
            .start();
    try (BufferedReader said = machine.errorReader(UTF_8)) {
      String line = said.readLine();
      while (line != null && !line.startsWith("Ctrl-C stops")) {
        line = said.readLine();
      }
      machine.toHandle().destroy();
      String printed = new String(machine.getInputStream().readAllBytes(), UTF_8);

      assertThat(machine.waitFor()).isZero();
      assertThat(printed).contains("SMMU\n", "Checks of devices").doesNotContain("Verdict");
    } finally {
      machine.destroyForcibly();
    }
  }
}
