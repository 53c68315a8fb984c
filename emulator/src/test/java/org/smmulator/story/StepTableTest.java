package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.record.EventKind.COMMAND;
import static org.smmulator.record.EventKind.ENTRIES_DROPPED;
import static org.smmulator.record.EventKind.INVALIDATION;
import static org.smmulator.record.EventKind.INVALIDATION_COMPLETED;
import static org.smmulator.record.EventKind.NOTIFIER_BEGINS;
import static org.smmulator.record.EventKind.STEP_BEGINS;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.counter.Counts;
import org.smmulator.metrics.StepSummary;
import org.smmulator.metrics.StepSummary.OnDevice;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

class StepTableTest {
  private static final long WHOLE = -1;

  private final Recorder recorder = new Recorder();
  private final StepTable table = new StepTable();
  private long now;
  private long steps;

  StepTableTest() {
    recorder.addReader(table);
  }

  private long tell(String who, EventKind kind, long cause, long a, long b, long c, long d) {
    return recorder.record(kind, now, recorder.name(who), cause, a, b, c, d);
  }

  private long step(String words) {
    return tell("scenario", STEP_BEGINS, 0, recorder.name(words), ++steps, 16, 0);
  }

  private long notifier(long step, long first, long last) {
    return tell("scenario", NOTIFIER_BEGINS, step, 0, 0, first, last);
  }

  /** A request of a device because of something. */
  private long request(String device, long cause) {
    long command = tell("smmu", COMMAND, cause, 0, 0, 0, 0);
    return tell(device, INVALIDATION, command, 1, 0, WHOLE, 0);
  }

  private void dropped(String device, long request, long entries, long first, long last) {
    tell(device, ENTRIES_DROPPED, request, entries, first, last, 0);
  }

  private void completed(String device, long request) {
    tell(device, INVALIDATION_COMPLETED, request, 1, 0, WHOLE, 1);
  }

  private StepSummary only() {
    recorder.deliver();
    assertThat(table.steps()).hasSize(1);
    return table.steps().get(0);
  }

  @Test
  void countsWhatFollowedFromAStepByDevice() {
    now = 1_000;
    long step = step("munmap alice 0-15");
    now = 2_000;
    long notifier = notifier(step, 0x10000, 0x1ffff);
    long first = request("00:04.0", notifier);
    now = 5_000;
    // 15 pages that were named, and one of the two runs lies half beside them.
    dropped("00:04.0", first, 13, 0x10000, 0x1cfff);
    dropped("00:04.0", first, 4, 0x1e000, 0x21fff);
    completed("00:04.0", first);
    long second = request("00:05.0", notifier);
    now = 6_500;
    dropped("00:05.0", second, 0, 0, WHOLE);
    completed("00:05.0", second);
    assertThat(only().toString())
        .isEqualTo(
            "StepSummary[step=munmap alice 0-15, pages=16, notifierCalls=1, commands=2, devices=["
                + new OnDevice("00:04.0", 1, 17, 2, 3_000)
                + ", "
                + new OnDevice("00:05.0", 1, 0, 0, 4_500)
                + "]]");
  }

  @Test
  void aDeviceThatDoesNotTellIsUnknownAndSoIsOneThatTellsHalf() {
    long notifier = notifier(step("munmap"), 0x10000, 0x1ffff);
    completed("silent", request("silent", notifier));
    long told = request("half", notifier);
    dropped("half", told, 1, 0x10000, 0x10fff);
    request("half", notifier);
    assertThat(only().devices())
        .containsExactly(
            new OnDevice("half", 2, Counts.UNKNOWN, Counts.UNKNOWN, Counts.UNKNOWN),
            new OnDevice("silent", 1, Counts.UNKNOWN, Counts.UNKNOWN, 0));
  }

  @Test
  void pagesThatAreNotListedAreUnknownUnlessEverythingWasNamed() {
    long step = step("munmap");
    long some = request("some", notifier(step, 0x10000, 0x1ffff));
    dropped("some", some, 600, 0, WHOLE);
    long all = request("all", notifier(step, 0, 0xffff_ffff_ffffL));
    dropped("all", all, 512, 0x7000_0000, 0x701f_ffff);
    dropped("all", all, 88, 0, WHOLE);
    assertThat(only().devices())
        .containsExactly(
            new OnDevice("all", 1, 600, 0, Counts.UNKNOWN),
            new OnDevice("some", 1, 600, Counts.UNKNOWN, Counts.UNKNOWN));
  }

  @Test
  void whatNoStepBeganBelongsToNone() {
    long step = step("wait busy");
    completed("00:04.0", request("00:04.0", notifier(0, 0, 0xfff)));
    completed("00:04.0", request("00:04.0", step));
    assertThat(only().devices()).extracting(OnDevice::requests).containsExactly(1L);
    assertThat(only().notifierCalls()).isZero();
  }

  @Test
  void keepsTheLastStepsOnly() {
    long early = request("00:04.0", step("munmap early 0-15"));
    for (int i = 0; i < 40_000; i++) {
      request("00:04.0", step("munmap " + i));
      if (i % 10_000 == 0) {
        early = request("00:04.0", early); // so that its step is not forgotten
      }
      recorder.deliver();
    }
    dropped("00:05.0", early, 1, 0, WHOLE);
    recorder.deliver();

    List<StepSummary> steps = table.steps();
    assertThat(steps).hasSize(1 << 15);
    assertThat(steps.get(steps.size() - 1).step()).isEqualTo("munmap 39999");
    assertThat(steps.get(0).step()).isEqualTo("munmap " + (40_000 - (1 << 15)));
    assertThat(steps).allSatisfy(step -> assertThat(step.devices()).hasSize(1));
  }

  private long stepNumber(String words, long number, long cause) {
    return tell("scenario", STEP_BEGINS, cause, recorder.name(words), number, 16, 0);
  }

  /** A row for a step of the file, and a step that is made of others counts what they did. */
  @Test
  void roundsOfAStepAreOneRowAndCountForWhatTheyAreInsideOf() {
    long block = stepNumber("repeat 2", 1, 0);
    OneStep second = new OneStep(2);
    for (int round = 1; round <= 2; round++) {
      if (round == 2) {
        recorder.addReader(second);
      }
      long step = stepNumber("munmap", 2, block);
      now = 100L * round;
      long request = request("00:04.0", notifier(step, 0x10000, 0x10fff));
      now += 10L * round;
      completed("00:04.0", request);
    }
    StepSummary row = only();
    assertThat(row.step()).isEqualTo("munmap");
    assertThat(row.notifierCalls()).isEqualTo(2);
    assertThat(row.devices()).extracting(OnDevice::lastCompletionNanos).containsExactly(20L);
    assertThat(table.counts(1).notifierCalls()).isEqualTo(2);
    assertThat(second.counts().notifierCalls()).as("of the second round").isEqualTo(1);
    assertThat(second.events(COMMAND, null)).isEqualTo(1);
    assertThat(table.counts(9)).isEqualTo(StepCounts.NOTHING);
  }

  /** As a step may go on for longer than anybody remembers causes. */
  @Test
  void aStepThatIsNotOverIsKnownHoweverMuchComesBetween() {
    long step = step("dma");
    for (int i = 0; i < (1 << 16) + 10; i++) {
      tell("smmu", COMMAND, step, 0x46, 0, 0, 0);
    }
    assertThat(only().commands()).isEqualTo((1 << 16) + 10);
    assertThat(table.counts(steps).commands())
        .containsExactly(Map.entry(CommandOpcode.SYNC, (1L << 16) + 10));
  }
}
