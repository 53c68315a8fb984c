package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.AtcEntries;
import org.smmulator.config.MachineConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.launch.MachineLauncher.Ending;
import org.smmulator.launch.MachineLauncher.RunningMachine;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.ProcessTable;
import org.smmulator.pcie.AtcContents;
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

  private static final int DEVICE = 0x20;
  private static final Pattern HELD =
      Pattern.compile("ATC: the device holds (0x\\p{XDigit}+ as 0x\\p{XDigit}+), rw?, of a");

  @TempDir private Path folder;

  private int seen;
  private final List<ProcessTable> tables = new ArrayList<>();
  private final List<String> explanations = new ArrayList<>();
  private final List<AtcContents> caches = new ArrayList<>();

  /** Asked now and then whether the run is to stop. */
  private boolean look(Machine machine) {
    ProcessTable now = machine.processes();
    tables.add(now);
    for (ProcessTable.Row row : now.processes()) {
      Integer pasid = row.pasid();
      if (pasid != null && !row.devices().isEmpty()) {
        caches.add(machine.atc(DEVICE));
        explanations.addAll(machine.explain(question(pasid, 0x1000)));
        long buffer = Long.decode(row.buffer());
        for (int page = 0; page < row.pages(); page++) {
          List<String> lines = machine.explain(question(pasid, buffer + page * 4096L));
          heldIsGranted(lines);
          explanations.addAll(lines);
        }
      }
    }
    return false;
  }

  /** Nothing is unmapped here: what the device holds of a page is what the ledger granted. */
  private void heldIsGranted(List<String> lines) {
    Matcher held = HELD.matcher(String.join("\n", lines));
    while (held.find()) {
      seen++;
      assertThat(lines).anyMatch(line -> line.startsWith("ledger: granted " + held.group(1) + ","));
    }
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
    return new Question(DEVICE, pasid, address, Question.Kind.UNTRANSLATED, true, false, false);
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
        .contains("ATC: the device holds nothing of this page");
    assertThat(seen).as("pages explained that the device held").isPositive();
    assertThat(caches)
        .allMatch(cache -> cache.device().equals("small-atc") && cache.whole())
        .anySatisfy(cache -> assertThat(cache.entries()).hasSizeGreaterThanOrEqualTo(8));
    for (AtcContents cache : caches) {
      for (AtcEntries.Entry entry : cache.entries()) {
        int of = entry.pasid() == AtcEntries.NO_PASID ? 0 : entry.pasid();
        assertThat(entry.number() / cache.ways())
            .isEqualTo(((entry.address() >>> 12) ^ of) % cache.sets());
      }
    }
  }

  @Test
  void aStreamWithoutDeviceIsSaidToHaveNone() throws Exception {
    try (RunningMachine machine =
        new Launcher().start(Machines.config(folder, "machine: {name: bare}\n"), Recorder.OFF)) {
      assertThat(machine.explain(question(1, 0x1000)))
          .endsWith("device: none has this stream, so that nothing is sent with it now");
      assertThatThrownBy(() -> machine.atc(DEVICE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no device is attached at 00:04.0");
    }
  }
}
