package org.smmulator.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.PciAddress;

/** With a program that answers as QEMU's monitor does. */
@Timeout(120)
class QemuPortTest {
  private static final String DELETED =
      "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"DEVICE_DELETED\","
          + " \"data\": {\"device\": \"behind-port-%d\", \"path\": \"/x\"}}\n";
  private static final String DONE = "{\"return\": {}}\n";

  @TempDir private Path folder;
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private interface Change {
    void perform(QemuPort plug) throws IOException;
  }

  /** Has QEMU change something, which answers so. */
  private void change(String answer, Change change) throws Exception {
    ServedMachine machine = new ServedMachine(folder, Path.of("/r"), 64, List.of(), List.of());
    CompletableFuture<Void> qemu =
        SocketOfLines.serve(
            machine.qmp(),
            "{\"QMP\": {}}\n",
            asked,
            line -> line.contains("qmp_capabilities") ? DONE : answer);
    try {
      change.perform(new QemuPort(machine, new ServedMachine.Port(PciAddress.parse("00:06.0"))));
    } finally {
      qemu.join();
    }
  }

  @Test
  void plugsTheSocketOfTheFunctionIntoThePort() throws Exception {
    change(DONE, QemuPort::plug);
    assertThat(asked)
        .containsExactly(
            "{\"execute\": \"qmp_capabilities\"}",
            "{\"execute\": \"device_add\", \"arguments\": {\"id\":\"behind-port-6\","
                + "\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\""
                + folder.resolve("00:06.0.sock")
                + "\"},\"x-msg-timeout\":60000,\"bus\":\"port-6\",\"addr\":\"00.0\"}}");
  }

  /** Of that function, whether QEMU tells of it before it answers or behind. */
  @Test
  void waitsUntilTheKernelHasGivenItUp() throws Exception {
    for (String order :
        List.of(DELETED.formatted(6) + DONE, DONE + DELETED.formatted(7) + DELETED.formatted(6))) {
      change(order, QemuPort::unplug);
      assertThat(asked)
          .last()
          .isEqualTo("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"behind-port-6\"}}");
      assertThat(folder.resolve("qmp.sock").toFile().delete()).isTrue();
    }
  }

  @Test
  void saysWhyNot() throws Exception {
    String error = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no port\"}}\n";
    for (Change each : List.<Change>of(QemuPort::plug, QemuPort::unplug)) {
      assertThatThrownBy(() -> change(error, each))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("qmp.sock answers '{\"error\"")
          .hasMessageContaining("no port");
      assertThat(folder.resolve("qmp.sock").toFile().delete()).isTrue();
    }
  }
}
