package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.DeviceCounter;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;

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
    DeviceCounters first = outcome.summary().devices().get(0);
    DeviceCounters second = outcome.summary().devices().get(1);
    countsAddUp(first);
    countsAddUp(second);
    countsEqualThoseOf(AtcReplay.of(small, 16, 4), first);
    countsEqualThoseOf(AtcReplay.of(large, 256, 4), second);
    assertThat(second.reported(DeviceCounter.ATC_LOOKUPS))
        .isCloseTo(first.reported(DeviceCounter.ATC_LOOKUPS), Percentage.withPercentage(1));
    assertThat(second.reported(DeviceCounter.ATC_HITS))
        .isGreaterThan(first.reported(DeviceCounter.ATC_HITS));
    assertThat(outcome.summary().sva().of(SvaCounter.MM_EXITS)).isPositive();
    outcome
        .summary()
        .notifierCalls()
        .forEach((kind, calls) -> assertThat(calls).as(kind.name()).isPositive());
    assertThat(outcome.summary().sva().of(SvaCounter.PASIDS_LIVE)).isZero();
    assertThat(outcome.summary().sva().of(SvaCounter.PASIDS_QUARANTINED)).isZero();
  }

  private static void countsAddUp(DeviceCounters device) {
    assertThat(device.reported(DeviceCounter.ATC_HITS)).isPositive();
    assertThat(device.reported(DeviceCounter.ATC_MISSES)).isPositive();
    assertThat(device.reported(DeviceCounter.INVALIDATION_REQUESTS)).isPositive();
    assertThat(device.reported(DeviceCounter.ENTRIES_DROPPED)).isPositive();
    assertThat(device.count(FunctionCounter.PAGE_REQUESTS)).isPositive();
    long misses = device.reported(DeviceCounter.ATC_MISSES);
    assertThat(device.reported(DeviceCounter.ATC_LOOKUPS))
        .isEqualTo(device.reported(DeviceCounter.ATC_HITS) + misses);
    assertThat(device.count(FunctionCounter.TRANSLATION_REQUESTS))
        .isEqualTo(misses + device.reported(DeviceCounter.TRANSLATION_RETRIES));
  }

  private static void countsEqualThoseOf(AtcReplay replay, DeviceCounters device) {
    assertThat(device.reported(DeviceCounter.ATC_HITS)).isEqualTo(replay.hits);
    assertThat(device.reported(DeviceCounter.ATC_MISSES)).isEqualTo(replay.misses);
    assertThat(device.reported(DeviceCounter.ATC_EVICTIONS)).isEqualTo(replay.evictions);
  }
}
