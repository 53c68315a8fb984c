package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.record.Recorder;
import org.smmulator.smmu.explain.Question;

/** Looks at a machine whose scenario runs, as somebody outside would. */
class ProcessesTest {
  private static final String YAML =
      """
      machine: {name: looked-at, ramMiB: 64}
      devices:
        - {id: '00:04.0', model: dma, name: small-atc, atc: 16x4}
      scenario:
        steps:
          - process: {name: alice, pages: 8}
          - process: {name: bob, pages: 2}
          - bind: {process: alice, devices: ['00:04.0']}
          - dma:
              processes: [alice]
              devices: ['00:04.0']
              operations: 4000
              pages: 8
              bytes: 512
          - exit: {process: bob}
      """;

  @TempDir private Path folder;

  private final List<ProcessTable> tables = new ArrayList<>();
  private final List<String> explanations = new ArrayList<>();

  /** Asked now and then whether the run is to stop. */
  private boolean look(Machine machine) {
    ProcessTable now = machine.processes();
    tables.add(now);
    for (ProcessTable.Row row : now.processes()) {
      Integer pasid = row.pasid();
      if (pasid != null && !row.devices().isEmpty()) {
        long buffer = Long.decode(row.buffer());
        for (int page = 0; page < row.pages(); page++) {
          explanations.addAll(machine.explain(question(pasid, buffer + page * 4096L)));
        }
      }
    }
    return false;
  }

  private void runAndLook(MachineConfig config, DeterministicExecution execution)
      throws UserException {
    SimulatedPlatform platform = new SimulatedPlatform(execution, config.simulation());
    try (Machine machine = Machine.start(config, platform, Recorder.OFF)) {
      Ending ending = machine.runScenario(Machines.silence(), () -> look(machine));
      assertThat(ending).isEqualTo(Ending.DONE);
      tables.add(machine.processes());
      explanations.addAll(machine.explain(question(1, 0x1000)));
    }
  }

  private static Question question(int pasid, long address) {
    return new Question(0x20, pasid, address, Question.Kind.UNTRANSLATED, true, false, false);
  }

  @Test
  void aRunningScenarioShowsItsProcessesAndWhatTheirDeviceWasGranted() throws Exception {
    MachineConfig config = Machines.config(folder, YAML);
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(
        () -> {
          try {
            runAndLook(config, execution);
          } catch (UserException e) {
            throw new AssertionError(e);
          }
        });

    List<ProcessTable.Row> rows =
        tables.stream().flatMap(table -> table.processes().stream()).toList();
    assertThat(rows)
        .anySatisfy(
            row -> {
              assertThat(row.name()).isEqualTo("alice");
              assertThat(row.state()).isEqualTo("running");
              assertThat(row.pasid()).isEqualTo(1);
              assertThat(row.asid()).isPositive();
              assertThat(row.pages()).isEqualTo(8);
              assertThat(row.devices()).containsExactly("small-atc (00:04.0, live)");
            });
    assertThat(rows).anyMatch(row -> row.name().equals("bob") && row.state().equals("running"));
    ProcessTable last = tables.get(tables.size() - 1);
    assertThat(last.processes())
        .extracting(ProcessTable.Row::name, ProcessTable.Row::state, ProcessTable.Row::asid)
        .contains(tuple("bob", "exited", null));
    assertThat(explanations)
        .contains("device: 'small-atc' (dma) at 00:04.0")
        .anyMatch(
            line -> line.matches("ledger: granted 0x\\p{XDigit}+ as 0x4\\p{XDigit}+, 0x1000 .*"))
        .endsWith("device: none has this stream, so that nothing is sent with it now");
  }
}
