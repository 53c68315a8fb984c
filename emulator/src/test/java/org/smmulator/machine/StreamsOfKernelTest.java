package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.StepByHand;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.metrics.StepReport;
import org.smmulator.metrics.StreamsTable;
import org.smmulator.record.Recorder;

/** The built-in kernel's own account of its processes beside its tables in memory. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamsOfKernelTest {
  private static final String MACHINE =
      """
      machine: {name: told-twice, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, atc: 16x4, process: machine, name: small}
        - {id: '00:05.0', model: dma, atc: 64x4, process: machine, name: large}
      """;

  @TempDir private Path folder;

  private static void done(Machine machine, String... steps) throws Exception {
    for (String step : steps) {
      long number = machine.perform(StepByHand.parse(step));
      while (machine.report(number).state() == StepReport.State.RUNNING) {
        Thread.sleep(1); // another look; how many of them there are does not matter
      }
      StepReport report = machine.report(number);
      assertThat(report.state()).as("%s: %s", step, report.why()).isEqualTo(StepReport.State.DONE);
    }
  }

  /** Of streams with PASIDs; without one they have a context of the kernel's own. */
  private static List<StreamsTable.Pasid> pasids(Machine machine, String device) {
    StreamsTable.Row stream = stream(machine, device);
    assertThat(stream.config()).isEqualTo("stage 1");
    assertThat(stream.ste()).isNotNull().extracting(StreamsTable.Fields::eats).isEqualTo("full");
    return stream.contexts().stream().filter(each -> each.pasid() != null).toList();
  }

  private static StreamsTable.Row stream(Machine machine, String device) {
    return machine.streams().streams().stream()
        .filter(row -> device.equals(row.device()))
        .findFirst()
        .orElseThrow();
  }

  /** All PASIDs with an address space, and the ASIDs that ps tells for them. */
  private static void agreesWithProcesses(Machine machine, String device) {
    List<ProcessTable.Row> bound =
        machine.processes().processes().stream()
            .filter(row -> row.devices().stream().anyMatch(d -> d.startsWith(device + " ")))
            .toList();
    assertThat(pasids(machine, device))
        .extracting(StreamsTable.Pasid::pasid, StreamsTable.Pasid::asid)
        .containsExactlyElementsOf(
            bound.stream()
                .map(row -> tuple(Objects.requireNonNull(row.pasid()), row.asid()))
                .toList());
  }

  @Test
  void streamsAgreeWithProcesses() throws Exception {
    try (Machine machine = Machine.start(Machines.config(folder, MACHINE), new Recorder())) {
      machine.plugIn();
      done(
          machine,
          "process: {name: alice, pages: 32}",
          "process: {name: bob, pages: 32}",
          "bind: {process: alice, devices: ['00:04.0', '00:05.0']}",
          "bind: {process: bob, devices: ['00:05.0']}");
      assertThat(machine.streams().external()).isFalse();
      agreesWithProcesses(machine, "small");
      agreesWithProcesses(machine, "large");
      assertThat(pasids(machine, "small")).as("of alice").hasSize(1);
      assertThat(pasids(machine, "small").get(0).granted()).isZero();

      done(machine, "dma: {processes: [alice], devices: ['00:04.0'], operations: 400, pages: 16}");
      assertThat(pasids(machine, "small").get(0).granted()).isGreaterThanOrEqualTo(16);
      done(machine, "exit: {process: alice}");
      agreesWithProcesses(machine, "small");
      agreesWithProcesses(machine, "large");
      assertThat(pasids(machine, "small")).isEmpty();
      assertThat(pasids(machine, "large")).as("of bob").hasSize(1);
    }
  }
}
