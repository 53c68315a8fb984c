package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.metrics.Summary;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;

/** Devices that wait, as tasks of the machine's JVM, on threads and the wall clock. */
class DeviceInMachineTest {
  @TempDir private Path folder;

  @Test
  void worksWithoutAProcessOfItsOwnAndLeavesInGoodOrder() throws Exception {
    MachineConfig config =
        Machines.config(
            folder,
            """
            machine: {name: together, ramMiB: 128}
            devices:
              - {id: '00:04.0', model: dma, atc: 16x4, process: machine, record: '%s'}
              - {id: '00:05.0', model: dma, atc: 4x4, process: machine}
            scenario:
              seed: 7
              steps:
                - process: {name: alice, pages: 64}
                - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
                - dma:
                    processes: [alice]
                    devices: ['00:04.0', '00:05.0']
                    operations: 300
                    pages: 64
                    background: busy
                - munmap: {process: alice, page: 0, pages: 32, remap: true}
                - wait: {background: busy}
                - exit: {process: alice}
            """
                .formatted(folder.resolve("lookups")));
    long children = ProcessHandle.current().children().count();
    try (Machine machine = Machine.start(config, Recorder.OFF)) {
      assertThat(machine.runScenario(Machines.silence())).isEqualTo(Ending.DONE);
      Summary summary = machine.summary();
      assertThat(ProcessHandle.current().children().count()).isEqualTo(children);
      assertThat(summary.verdict().violations()).isEmpty();
      assertThat(summary.verdict().passed()).isTrue();
      List<DeviceCounters> devices = summary.devices();
      assertThat(devices).extracting(DeviceCounters::id).containsExactly("00:04.0", "00:05.0");
      assertThat(devices)
          .extracting(d -> d.count(FunctionCounter.TRANSLATED_ACCESSES))
          .allMatch(n -> n > 0);
    }
    assertThat(folder.resolve("lookups")).isNotEmptyFile();
  }
}
