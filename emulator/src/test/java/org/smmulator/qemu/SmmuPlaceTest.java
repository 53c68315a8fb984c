package org.smmulator.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a program that answers as QEMU does. */
@Timeout(120)
class SmmuPlaceTest {
  private static final String NEWS =
      "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESUME\"}\n";

  @TempDir private Path folder;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private String status = "prelaunch";
  private String idr0 = "OK 0x00000000080fd7ff\n";

  private CompletableFuture<Void> serve(String name, String greeting, UnaryOperator<String> answers)
      throws IOException {
    return SocketOfLines.serve(folder.resolve(name), greeting, asked, answers);
  }

  private String monitor(String line) {
    if (line.contains("query-status")) {
      return "{\"return\": {\"status\": \"" + status + "\", \"running\": false}}\n";
    }
    return line.contains("cont") ? NEWS + "{\"return\": {}}\n" : "{\"return\": {}}\n";
  }

  private void take() throws IOException {
    CompletableFuture<Void> qmp = serve("qmp", "{\"QMP\": {\"version\": {}}}\n", this::monitor);
    CompletableFuture<Void> qtest =
        serve("qtest", "", line -> line.startsWith("read") ? idr0 : "OK\n");
    new SmmuPlace(0x40_1000_0000L).take(folder.resolve("qtest"), folder.resolve("qmp"));
    qmp.join();
    qtest.join();
  }

  /** Bus 128 is at 0x40_1800_0000, and 129 one MiB above. */
  @Test
  void opensTheBridgeGivesTheBarItsAddressAndThenLetsTheCpuRun() throws IOException {
    take();
    assertThat(asked)
        .containsExactly(
            "{\"execute\": \"qmp_capabilities\"}",
            "{\"execute\": \"query-status\"}",
            "writel 0x4018000018 0x818180",
            "writel 0x4018000020 0x10001000",
            "writew 0x4018000004 0x6",
            "writel 0x4018100010 0x10000000",
            "writew 0x4018100004 0x6",
            "readl 0x10000000",
            "{\"execute\": \"cont\"}");
  }

  @Test
  void saysThatTheCpuRuns() {
    status = "running";
    assertThatThrownBy(this::take)
        .isInstanceOf(IOException.class)
        .hasMessage("the CPU of QEMU runs already; start it with -S");
    assertThat(asked).noneMatch(line -> line.startsWith("write"));
  }

  @Test
  void saysThatNoSmmuAnswers() {
    for (String value : List.of("OK 0x00000000ffffffff\n", "OK 0x0000000000000000\n")) {
      idr0 = value;
      assertThatThrownBy(this::take)
          .hasMessageStartingWith("no SMMU answers at 0x10000000: IDR0 reads 0x00000000");
      assertThat(folder.resolve("qmp").toFile().delete()).isTrue();
      assertThat(folder.resolve("qtest").toFile().delete()).isTrue();
    }
    assertThat(asked).noneMatch(line -> line.contains("cont"));
  }

  @Test
  void saysThatQemuHasEnded() {
    Path qmp = folder.resolve("qmp");
    assertThatThrownBy(() -> new SmmuPlace(0).take(folder.resolve("qtest"), qmp))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(qmp + " does not answer (");
  }
}
