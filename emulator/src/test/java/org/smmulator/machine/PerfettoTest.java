package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.story.TraceEventFormat;
import org.smmulator.story.TraceFile;
import org.smmulator.story.TraceFile.Slice;

/** The file of {@code --perfetto}, followed as somebody would who looks at it. */
class PerfettoTest {
  @TempDir private Path folder;

  private Path trace() {
    return folder.resolve("trace.json");
  }

  private CommandRun run(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("--perfetto", trace() + ""));
    words.addAll(List.of(options));
    return CommandRun.ofLittle(folder, words.toArray(String[]::new));
  }

  private TraceFile traceOf(boolean simulated) throws Exception {
    CommandRun run = simulated ? run("--simulated") : run();
    assertThat(run.code()).as(run.err()).isZero();
    String json = Files.readString(trace());
    assertThat(TraceEventFormat.faultsOf(json)).isEmpty();
    return new TraceFile(json);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anMunmapIsAFlameAcrossTheTaskTheCommandQueueAndBothDevices(boolean simulated)
      throws Exception {
    TraceFile file = traceOf(simulated);
    assertThat(file.tracks())
        .contains(
            "SMMU/command queue",
            "SMMU/PRI queue",
            "devices/00:04.0 tiny-atc",
            "devices/00:05.0 small-atc",
            "guest/scenario",
            "guest/smmu-priq");
    Slice step = file.slice("guest/scenario", "begins munmap alice 4-11");
    assertThat(step.name()).isEqualTo("munmap alice 4-11");
    Slice driver =
        step.all("munmap").get(0).all("invalidate_range").get(0).all("mmInvalidate").get(0);
    List<String> devices = new ArrayList<>();
    for (Slice queued : driver.all("commands queued")) {
      List<Slice> batches = file.effects(queued);
      assertThat(batches).extracting(Slice::track).containsExactly("SMMU/command queue");
      Slice batch = batches.get(0);
      assertThat(batch.from()).isBetween(driver.from(), driver.end());
      assertThat(batch.end()).isLessThanOrEqualTo(driver.end());
      assertThat(batch.all("SYNC")).hasSize(1);
      for (Slice command : batch.all("ATC_INV")) {
        assertThat(file.effects(command)).hasSize(1);
        Slice invalidation = file.effects(command).get(0);
        assertThat(invalidation.from()).isGreaterThanOrEqualTo(batch.from());
        assertThat(invalidation.end()).as("the SYNC waited").isLessThanOrEqualTo(batch.end());
        assertThat(invalidation.all("entries dropped")).isNotEmpty();
        Slice completed = invalidation.all("invalidation completed").get(0);
        assertThat(file.effects(completed)).isEqualTo(batch.all("SYNC"));
        devices.add(invalidation.track());
      }
    }
    assertThat(devices)
        .containsExactlyInAnyOrder("devices/00:04.0 tiny-atc", "devices/00:05.0 small-atc");
    Slice freed = step.all("frames freed").get(0);
    assertThat(freed.from()).isGreaterThanOrEqualTo(driver.end());
    Slice lastBatch = lastOf(file.effects(lastOf(driver.all("commands queued"))));
    assertThat(file.effects(lastOf(lastBatch.all("SYNC")))).containsExactly(freed);
  }

  private static Slice lastOf(List<Slice> slices) {
    return slices.get(slices.size() - 1);
  }

  /** The check of the format knows nothing of who wrote the file. */
  @Test
  void thatOfTheQuickstartIsWhatTheFormatAsksForAndItsMunmapIsLinkedThroughout() throws Exception {
    CommandRun run =
        CommandRun.ofConfig(
            folder, "quickstart.yaml", "--simulated", "--seed", "1", "--perfetto", trace() + "");
    assertThat(run.code()).as(run.err()).isZero();
    String json = Files.readString(trace());
    assertThat(TraceEventFormat.faultsOf(json)).isEmpty();
    TraceFile file = new TraceFile(json);
    Slice step = file.slice("guest/scenario", "begins munmap alice 32-95");
    Set<String> devices = new TreeSet<>();
    Set<Slice> freed = new HashSet<>();
    for (Slice queued : step.all("commands queued")) {
      for (Slice command : lastOf(file.effects(queued)).all("ATC_INV")) {
        for (Slice invalidation : file.effects(command)) {
          devices.add(invalidation.track());
          Slice completed = invalidation.all("invalidation completed").get(0);
          file.effects(completed).forEach(sync -> freed.addAll(file.effects(sync)));
        }
      }
    }
    assertThat(devices).containsExactly("devices/00:04.0 small-atc", "devices/00:05.0 large-atc");
    assertThat(freed).containsExactlyElementsOf(step.all("frames freed"));
  }

  /** From the device over the queue to the handler's tasks and back. */
  @Test
  void flowsLeadAPageFaultThroughTheMachine() throws Exception {
    TraceFile file = traceOf(true);
    List<String> way = new ArrayList<>();
    Slice at = file.first("page request");
    for (Slice next = at;
        next != null;
        next = file.effects(next).stream().findFirst().orElse(null)) {
      way.add(next.name());
    }
    assertThat(way)
        .startsWith("page request", "page request queued", "page request taken", "page fault");
    Slice answered = file.first("page response");
    assertThat(answered.track()).startsWith("devices/");
    Slice command = Objects.requireNonNull(file.causeOf(answered));
    assertThat(command.what()).startsWith("PRI_RESP");
  }

  @Test
  void theSameSeedGivesTheSameTrace() throws Exception {
    assertThat(run("--simulated", "--seed", "5").code()).isZero();
    String first = Files.readString(trace());
    assertThat(run("--simulated", "--seed", "5").code()).isZero();
    assertThat(Files.readString(trace())).isEqualTo(first);
  }

  @Test
  void manySeedsWouldBeManyTraces() throws Exception {
    CommandRun run = run("--seeds", "1..2");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--perfetto: with --seeds there would be many stories");
  }
}
