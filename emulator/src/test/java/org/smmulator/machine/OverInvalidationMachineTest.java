package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

/** The meter of over-invalidation, beside what the causes of events say of the same run. */
class OverInvalidationMachineTest {
  private static final String YAML =
      """
      machine: {name: over, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, name: large, atc: 64x4}
      scenario:
        steps:
          - process: {name: alice, pages: 64}
          - bind: {process: alice, devices: ['00:04.0']}
          - dma: {processes: [alice], devices: ['00:04.0'], operations: 600, pages: 64}
          - munmap: {process: alice, page: 33, pages: 4}
      """;

  @TempDir private Path folder;

  @Test
  void theMeterOfADeviceIsWhatItsStepsDroppedBesideTheirChanges() throws Exception {
    Summary summary = Machines.simulate(folder, YAML, 1, new Recorder()).summary();

    StepSummary munmap =
        summary.steps().stream()
            .filter(step -> step.step().startsWith("munmap"))
            .findFirst()
            .orElseThrow();
    long beside = munmap.devices().get(0).pagesOverInvalidated();
    DeviceCounters device = summary.devices().get(0);
    assertThat(beside).as("an ATC_INV of 8 pages for 4 that lie across its middle").isEqualTo(4);
    assertThat(device.count(FunctionCounter.ENTRIES_OVER_INVALIDATED)).isEqualTo(beside);
  }
}
