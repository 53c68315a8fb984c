package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.config.ConfigFile;
import org.smmulator.config.Configs;
import org.smmulator.config.MachineConfig;
import org.smmulator.config.Setting;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/** What the README promises of the first hour, on virtual time and with less for Bob to do. */
@Timeout(180)
class FirstHourTest {
  @Test
  void anMunmapEmptiesBothAtcs() throws IOException {
    String file = Configs.folder().resolve("first-hour.yaml").toString();
    String[] command = {"run", file, "--simulated", "--set", "scenario.steps[6].dma.operations=20"};
    CommandRun run = CommandRun.of(command);
    assertThat(run.code()).as("%s", run.out()).isZero();

    List<String> steps =
        run.out()
            .lines()
            .map(line -> line.strip().replaceAll(" +", " "))
            .dropWhile(line -> !line.startsWith("munmap alice"))
            .limit(3)
            .toList();
    assertThat(steps.get(0))
        .matches("munmap alice 0-31 32 1 36 00:04\\.0 1 1[0-9] 0 [0-9.]+ [nu]s");
    assertThat(steps.get(1)).as("all that it held").matches("00:05\\.0 1 32 0 [0-9.]+ [nu]s");
    assertThat(steps.get(2)).isEmpty();
  }

  /** Whoever reads the events beside the run finds a step when it has ended. */
  @Test
  void theStoryOfAStepIsDeliveredAtItsEnd() throws Exception {
    MachineConfig config =
        ConfigFile.load(
            Configs.folder().resolve("first-hour.yaml"),
            List.of(Setting.parse("--set", "scenario.steps[6].dma.operations=20")));
    Recorder recorder = new Recorder();
    List<EventKind> lastOfBatches = new ArrayList<>();
    recorder.addReader(
        new EventReader() {
          private EventKind last = EventKind.STEP_BEGINS;

          @Override
          public Detail detail() {
            return Detail.CHANGES;
          }

          @Override
          public void event(RecordedEvent event) {
            last = event.kind();
          }

          @Override
          public void delivered() {
            lastOfBatches.add(last);
          }
        });
    new Launcher().simulate(config, recorder, Machines.silence(), () -> false);

    assertThat(lastOfBatches).filteredOn(EventKind.STEP_ENDS::equals).hasSize(7);
  }
}
