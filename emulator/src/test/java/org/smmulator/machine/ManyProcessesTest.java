package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** One device, bound to more processes than it has interrupt vectors. */
class ManyProcessesTest {
  private static final int VECTORS = 2048;
  private static final int PROCESSES = VECTORS + 4;

  @TempDir private Path folder;

  private static String machine() {
    List<String> names = IntStream.range(0, PROCESSES).mapToObj(i -> "p" + i).toList();
    List<String> last = names.subList(PROCESSES - 8, PROCESSES);
    StringBuilder yaml = new StringBuilder("machine: {name: many, ramMiB: 256}\n");
    yaml.append("devices:\n  - {id: '00:04.0', model: dma, process: machine, queues: ");
    yaml.append(PROCESSES).append("}\nscenario:\n  steps:\n");
    names.forEach(p -> yaml.append("    - process: {name: ").append(p).append(", pages: 2}\n"));
    names.forEach(
        p -> yaml.append("    - bind: {process: ").append(p).append(", devices: ['00:04.0']}\n"));
    String dma = "    - dma: {processes: NAMES, devices: ['00:04.0'], operations: 4, pages: 2}\n";
    yaml.append(dma.replace("NAMES", last.toString()));
    last.forEach(
        p -> {
          yaml.append("    - munmap: {process: ").append(p);
          yaml.append(", page: 0, pages: 1, remap: true}\n");
        });
    yaml.append(
        dma.replace("operations: 4", "seedOffset: 1, operations: 2")
            .replace("NAMES", last.toString()));
    last.forEach(p -> yaml.append("    - verify: {process: ").append(p).append("}\n"));
    return yaml.toString();
  }

  /**
   * The last four share a vector with the first four. Whoever waits for a queue without its
   * interrupt looks again after 200 ms, so that missing ones would show in the run's own time.
   */
  @Test
  void haveAQueueEachAndAreWoken() throws Exception {
    Path file = Files.writeString(folder.resolve("many.yaml"), machine());
    Path events = folder.resolve("events");
    CommandRun run =
        CommandRun.of("run", file + "", "--simulated", "--seed", "1", "--events", events + "");

    assertThat(run.code()).as(run.err() + run.out()).isZero();
    assertThat(run.out()).containsPattern("invalidate range +8\\n");
    try (var lines = Files.lines(events)) {
      JsonNode end = new ObjectMapper().readTree(lines.reduce((one, two) -> two).orElseThrow());
      assertThat(end.get("t").asLong()).as("nanoseconds").isLessThan(100_000_000L);
    }
  }
}
