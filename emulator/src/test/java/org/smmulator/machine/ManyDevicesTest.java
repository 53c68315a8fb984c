package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** More devices than one root bus has slots, with more queues than there are interrupt numbers. */
class ManyDevicesTest {
  private static final int DEVICES = 70;
  private static final int SLOTS = 31;

  @TempDir private Path folder;

  private static String machine() {
    List<String> ids = new ArrayList<>();
    StringBuilder yaml = new StringBuilder("machine: {name: many, ramMiB: 64}\n");
    yaml.append("bus: {rootBuses: 3}\ndevices:\n");
    for (int i = 0; i < DEVICES; i++) {
      String id = String.format("'%02x:%02x.0'", i / SLOTS, 1 + i % SLOTS);
      ids.add(id);
      yaml.append("  - {id: ").append(id).append(", model: dma, process: machine}\n");
    }
    return yaml
        + """
        scenario:
          steps:
            - process: {name: alice, pages: 16}
            - bind: {process: alice, devices: DEVICES}
            - dma: {processes: [alice], devices: DEVICES, operations: 4, pages: 16, bytes: 64}
            - munmap: {process: alice, page: 0, pages: 4, remap: true}
            - dma: {processes: [alice], devices: DEVICES, operations: 4, pages: 16, bytes: 64}
            - exit: {process: alice}
        """
            .replace("DEVICES", ids.toString());
  }

  /** The hot-plug interrupt is still there at the end, so that nobody waits for a device's end. */
  @Test
  void allAreServedAndAllLeave() throws Exception {
    Path file = Files.writeString(folder.resolve("many.yaml"), machine());
    Path events = folder.resolve("events");
    Path summary = folder.resolve("summary");
    CommandRun run =
        CommandRun.of(
            "run",
            file + "",
            "--simulated",
            "--seed",
            "1",
            "--events",
            events + "",
            "--summary",
            summary + "");

    assertThat(run.code()).as(run.err()).isZero();
    ObjectMapper json = new ObjectMapper();
    JsonNode counts = json.readTree(summary.toFile());
    assertThat(counts.get("devices")).hasSize(DEVICES);
    for (JsonNode device : counts.get("devices")) {
      assertThat(device.get("invalidationsCompleted").asLong()).as(device + "").isPositive();
      assertThat(device.get("attached").asBoolean()).isFalse();
    }
    try (var lines = Files.lines(events)) {
      JsonNode last = json.readTree(lines.reduce((first, second) -> second).orElseThrow());
      assertThat(last.get("t").asLong()).as("nanoseconds").isLessThan(10_000_000_000L);
    }
  }
}
