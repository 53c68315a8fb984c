package org.smmulator.machine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.metrics.DeviceSummary;

/** The whole first journey, with device processes of its own over TCP. */
class QuickstartTest {
  @TempDir private Path folder;

  @Test
  void runsItsStoryAndPassesEveryCheck() throws Exception {
    Path small = folder.resolve("small.atc");
    Path large = folder.resolve("large.atc");
    String yaml =
        Machines.configs("quickstart.yaml")
            .replace("atc: 16x4", "atc: 16x4\n    record: " + small)
            .replace("atc: 256x4", "atc: 256x4\n    record: " + large);
    Machines.Outcome outcome = Machines.run(folder, yaml);

    assertThat(outcome.ending()).isEqualTo(Ending.DONE);
    assertThat(outcome.summary().verdict().violations()).isEmpty();
    assertThat(outcome.summary().verdict().passed()).isTrue();
    DeviceSummary first = outcome.summary().devices().get(0);
    DeviceSummary second = outcome.summary().devices().get(1);
    countsAddUp(first);
    countsAddUp(second);
    countsEqualThoseOf(AtcReplay.of(small, 16, 4), first);
    countsEqualThoseOf(AtcReplay.of(large, 256, 4), second);
    assertThat(second.atc().hitRatio()).isGreaterThan(first.atc().hitRatio());
    assertThat(outcome.summary().sva().mmExits()).isPositive();
    assertThat(outcome.summary().sva().notifierCalls())
        .allSatisfy((kind, calls) -> assertThat(calls).as(kind).isPositive());
    assertThat(outcome.summary().sva().pasidsLive()).isZero();
    assertThat(outcome.summary().sva().pasidsQuarantined()).isZero();
  }

  private static void countsAddUp(DeviceSummary device) {
    assertThat(device.atc().hits()).isPositive();
    assertThat(device.atc().misses()).isPositive();
    assertThat(device.atc().invalidationRequests()).isPositive();
    assertThat(device.atc().entriesDropped()).isPositive();
    assertThat(device.pageRequests()).isPositive();
    long misses = requireNonNull(device.atc().misses());
    assertThat(device.atc().lookups()).isEqualTo(requireNonNull(device.atc().hits()) + misses);
    assertThat(device.translationRequests())
        .isEqualTo(misses + requireNonNull(device.translationRetries()));
  }

  private static void countsEqualThoseOf(AtcReplay replay, DeviceSummary device) {
    assertThat(device.atc().hits()).isEqualTo(replay.hits);
    assertThat(device.atc().misses()).isEqualTo(replay.misses);
    assertThat(device.atc().evictions()).isEqualTo(replay.evictions);
  }
}
