package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.config.MachineConfig;
import org.smmulator.launch.Progress;
import org.smmulator.record.Recorder;

/** What is said of a scenario while it runs. */
class ScenarioProgressTest {
  private static final Pattern LINE =
      Pattern.compile(
          "(\\d+) %: step \\d+/17 (.+), [\\d,]+ of at most 1,600 operations, [\\d,]+ bytes"
              + " compared");

  @TempDir private Path folder;

  /** Every line, however fast the run is. */
  private static List<String> lines(MachineConfig config) throws Exception {
    StringWriter text = new StringWriter();
    AtomicLong now = new AtomicLong();
    try (Progress progress =
        new Progress(new PrintWriter(text), false, () -> now.addAndGet(10_000_000_000L))) {
      new Launcher().simulate(config, Recorder.OFF, progress, () -> false);
    }
    return text.toString().lines().toList();
  }

  @Test
  void aSimulatedRunSaysTheSamePercentEachTimeAndTheStepsWordsAndNoTimeLeft() throws Exception {
    MachineConfig config = Machines.config(folder, Machines.configs("little.yaml")).withSeed(7);
    List<String> lines = lines(config);
    assertThat(lines(config)).isEqualTo(lines);
    List<Integer> percents = new ArrayList<>();
    List<String> steps = new ArrayList<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      percents.add(Integer.valueOf(matcher.group(1)));
      steps.add(matcher.group(2));
    }
    assertThat(percents).hasSizeGreaterThan(3).isSorted().allMatch(percent -> percent <= 100);
    assertThat(percents.get(percents.size() - 1)).isGreaterThan(30);
    assertThat(steps).contains("wait busy");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10 | 5 | 0 | 0 | 30 | 50 | ', about 30 s left'",
        "1 | 0 | 99 | 25 | 10 | 25 | ', about 30 s left'",
        "1 | 0 | 99 | 1 | 10 | 1 | ', about 17 min left'",
        "1 | 0 | 999 | 9 | 10 | 0 | ''",
        "1 | 0 | 99 | 25 | 0 | 25 | ''",
        "1 | 1 | 99 | 99 | 10 | 100 | ', about 0 s left'",
        "0 | 0 | 0 | 0 | 10 | 0 | ''",
      })
  void timeIsLeftAsTheRestTakesWhatWasDone(
      int steps,
      int stepsDone,
      long operations,
      long done,
      long seconds,
      int percent,
      String left) {
    ScenarioProgress progress = new ScenarioProgress(steps, stepsDone, operations, done);
    assertThat(progress.percent()).isEqualTo(percent);
    assertThat(progress.timeLeft(seconds * 1_000_000_000L)).isEqualTo(left);
  }
}
