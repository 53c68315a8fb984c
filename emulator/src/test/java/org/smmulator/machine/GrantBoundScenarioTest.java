package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;

/** An honest device that touches more pages than it may hold translations of. */
class GrantBoundScenarioTest {
  @TempDir private Path folder;

  @Test
  void goesOnUntranslatedAndReadsAndWritesTheSame() throws Exception {
    Machines.Outcome outcome =
        Machines.run(
            folder,
            """
            machine: {name: bounded, ramMiB: 128}
            bus: {listen: ['127.0.0.1:0'], grantsPerDevice: 16}
            devices:
              - {id: '00:04.0', model: dma, atc: 16x4}
            scenario:
              seed: 7
              timeoutSeconds: 60
              steps:
                - process: {name: alice, pages: 64}
                - bind: {process: alice, devices: ['00:04.0']}
                - dma: {processes: [alice], devices: ['00:04.0'], operations: 500, pages: 64}
                - munmap: {process: alice, page: 0, pages: 64, remap: true}
                - dma: {processes: [alice], devices: ['00:04.0'], operations: 500, pages: 64}
                - exit: {process: alice}
            """);

    assertThat(outcome.ending()).isEqualTo(Ending.DONE);
    assertThat(outcome.summary().verdict().violations()).isEmpty();
    assertThat(outcome.summary().verdict().passed()).isTrue();
    DeviceCounters device = outcome.summary().devices().get(0);
    assertThat(device.count(FunctionCounter.TRANSLATIONS_WITHHELD)).isPositive();
    assertThat(device.count(FunctionCounter.TRANSLATED_ACCESSES)).isPositive();
    assertThat(device.count(FunctionCounter.UNTRANSLATED_ACCESSES)).isPositive();
  }
}
