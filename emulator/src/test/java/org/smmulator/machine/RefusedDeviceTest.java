package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.AtcGeometry;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.ModelChoice;
import org.smmulator.guest.GuestKernel;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.UserException;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.record.Recorder;

/** Devices that cannot be driven, and those that nearly cannot. */
class RefusedDeviceTest {
  private static final String MACHINE = "machine: {name: refused, ramMiB: 128}\n";
  private static final String PATIENT =
      "bus: {listen: ['127.0.0.1:0'], attachTimeoutMillis: 3600000}\n";
  private static final Glances OFTEN = new Glances(1_000_000L, true);
  private static final String STORY =
      """
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4}
        - {id: '00:05.0', model: dma, atc: 16x4}
      scenario:
        seed: 3
        timeoutSeconds: 300
        steps:
          - process: {name: alice, pages: 64}
          - bind: {process: alice, devices: ['00:04.0', '00:05.0']}
          - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 200, pages: 64}
          - munmap: {process: alice, page: 0, pages: 64, remap: true}
          - dma: {processes: [alice], devices: ['00:04.0', '00:05.0'], operations: 200, pages: 64}
          - exit: {process: alice}
      """;

  @TempDir private Path folder;

  @Test
  void twoDevicesShareAPriQueueOfTwo() throws Exception {
    Machines.Outcome outcome = Machines.run(folder, MACHINE + "smmu: {priQueueLog2: 1}\n" + STORY);
    assertThat(outcome.ending()).isEqualTo(Ending.DONE);
    assertThat(outcome.summary().verdict().violations()).isEmpty();
    assertThat(outcome.summary().verdict().passed()).isTrue();
    assertThat(outcome.summary().devices())
        .hasSize(2)
        .extracting(d -> d.count(FunctionCounter.PAGE_REQUESTS))
        .allSatisfy(requests -> assertThat(requests).isPositive());
  }

  private static DeviceConfig withoutPri(PciAddress address) {
    return new DeviceConfig(
        address,
        ModelChoice.of("dma").with("queues", 1).with("pri", 0),
        new AtcGeometry(16, 4),
        false,
        DeviceConfig.Home.OWN,
        null,
        null,
        null);
  }

  /** Its time-out would be longer than anybody waits for a test. */
  @Test
  @SuppressWarnings("try") // the device leaves before the machine
  void aScenarioThatNeedsADeviceWhichCannotBeDrivenEndsAtOnceAndSaysWhy() throws Exception {
    MachineConfig config = Machines.config(folder, MACHINE + PATIENT + STORY);
    PciAddress address = PciAddress.parse("00:04.0");
    try (Machine machine = Machine.start(config, Recorder.OFF);
        DeviceProcess device =
            DeviceProcess.start(withoutPri(address), machine.busAddresses().get(0))) {
      GuestKernel kernel = machine.kernel();
      DataCheck check = new DataCheck(new ViolationLog(20));
      DeviceArrivals arrivals = new DeviceArrivals(kernel, config.bus().attachTimeoutMillis());
      ScenarioGuest guest = new ScenarioGuest(kernel, check, arrivals);
      GuestSteps steps = new GuestSteps(guest, 1, machine.board());
      ScenarioRun run =
          new ScenarioRun(
              steps,
              new Expectations(guest, () -> machine.summary().verdict()),
              config,
              check,
              List.of(device),
              MachineRam.of(config.machine()),
              machine::summary,
              () -> false,
              OFTEN,
              () -> {});
      assertThatThrownBy(() -> run.run(Machines.silence()))
          .isInstanceOf(UserException.class)
          .hasMessage(
              "the scenario stopped: a device cannot be driven: 00:04.0 cannot send page requests:"
                  + " it has no PRI capability");

      device.close();
      long soon = kernel.sched().nanoTime() + 60_000_000_000L;
      assertThat(kernel.awaitGone(address, soon)).isTrue();
      assertThat(kernel.awaitEngine(address, kernel.sched().nanoTime()))
          .as("no device, no reason")
          .isNull();
    }
  }
}
