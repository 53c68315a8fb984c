package org.smmulator.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.record.EventKind.CALL_BEGINS;
import static org.smmulator.record.EventKind.COMMAND;
import static org.smmulator.record.EventKind.COMMANDS_QUEUED;
import static org.smmulator.record.EventKind.FRAMES_FREED;
import static org.smmulator.record.EventKind.INVALIDATION;
import static org.smmulator.record.EventKind.INVALIDATION_COMPLETED;
import static org.smmulator.record.EventKind.INVALIDATION_ENDED;
import static org.smmulator.record.EventKind.STEP_BEGINS;
import static org.smmulator.record.EventKind.STEP_ENDS;
import static org.smmulator.record.EventKind.TRANSLATION_REQUEST;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;
import org.smmulator.story.TraceFile.Slice;

class TraceEventsTest {
  private final Recorder recorder = new Recorder();
  private final StringWriter text = new StringWriter();
  private final TraceEvents trace = new TraceEvents(text);
  private long now;

  TraceEventsTest() {
    recorder.addReader(trace);
  }

  private long tell(String who, EventKind kind, long cause, long a, long b) {
    return recorder.record(kind, now, recorder.name(who), cause, a, b, 0, 0);
  }

  private long command(long cause) {
    return tell("smmu", COMMAND, cause, 0x40, 0);
  }

  private void sync(long cause) {
    tell("smmu", COMMAND, cause, 0x46, 0);
  }

  private TraceFile file() {
    recorder.deliver();
    assertThat(trace.close()).isNull();
    assertThat(TraceEventFormat.faultsOf(text.toString())).isEmpty();
    return new TraceFile(text.toString());
  }

  @Test
  void aCallInAStepIsASliceInASliceAndEndsWithItsTime() {
    now = 1_002_003;
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("munmap alice 1-2"), 1);
    tell("scenario", CALL_BEGINS, step, recorder.name("alice"), recorder.name("munmap"));
    now = 2_500_000;
    tell("scenario", EventKind.CALL_ENDS, 2, recorder.name("alice"), recorder.name("munmap"));
    tell("scenario", STEP_ENDS, step, recorder.name("munmap alice 1-2"), 0);
    Slice slice = file().slice("guest/scenario", "begins munmap alice 1-2");
    assertThat(slice.from()).isEqualTo(1002.003);
    assertThat(slice.end()).isEqualTo(2500.0);
    assertThat(slice.inside()).extracting(Slice::name).containsExactly("munmap");
  }

  @Test
  void whatADeviceDoesAtOnceHasTracksOfItsOwn() {
    long first = tell("00:04.0", INVALIDATION, 0, 1, 0x1000);
    long second = tell("00:04.0", INVALIDATION, 0, 1, 0x2000);
    now = 50;
    tell("00:04.0", INVALIDATION_COMPLETED, first, 1, 0x1000);
    long third = tell("00:04.0", INVALIDATION, 0, 1, 0x3000);
    now = 70;
    tell("00:04.0", INVALIDATION_COMPLETED, second, 1, 0x2000);
    tell("00:04.0", INVALIDATION_COMPLETED, third, 1, 0x3000);
    assertThat(file().tracks()).containsExactly("devices/00:04.0", "devices/00:04.0 (2)");
  }

  /** A device that is asked for more than it can be drawn with is drawn without lengths. */
  @Test
  void thereIsABoundToTheTracksOfOneDevice() {
    for (int i = 0; i < 1000; i++) {
      tell("00:04.0", INVALIDATION, 0, i, 0x1000);
    }
    assertThat(file().tracks()).hasSizeBetween(2, 100);
  }

  @Test
  void twoTasksOfOneNameDoNotCross() {
    long first = tell("dma", EventKind.PAGE_FAULT_BEGINS, 0, 0, 0);
    long second = tell("dma", EventKind.PAGE_FAULT_BEGINS, 0, 0, 0);
    now = 5;
    tell("dma", EventKind.PAGE_FAULT_ENDS, first, 0, 0);
    now = 4; // told later than it was read from the clock
    tell("dma", EventKind.PAGE_FAULT_ENDS, second, 0, 0);
    assertThat(file().tracks()).containsExactly("guest/dma", "guest/dma (2)");
  }

  @Test
  void commandsThatWereQueuedTogetherAreOneSliceWithAFlowFromTheirTask() {
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("step"), 1);
    long both = tell("scenario", COMMANDS_QUEUED, step, 2, 7);
    long single = tell("scenario", COMMANDS_QUEUED, step, 1, 9);
    command(both);
    now = 10;
    command(both);
    now = 30;
    command(single);
    long alone = command(0);
    now = 40;
    tell("00:04.0", TRANSLATION_REQUEST, alone, 1, 0x1000);
    TraceFile file = file();
    Slice two = file.slice("SMMU/command queue", "2 commands");
    assertThat(two.from()).isZero();
    assertThat(two.end()).isEqualTo(0.010);
    assertThat(two.inside()).hasSize(2);
    assertThat(Objects.requireNonNull(file.causeOf(two)).what()).isEqualTo("queues 2 commands");
    Slice one = file.slice("SMMU/command queue", "1 command");
    assertThat(one.from()).isEqualTo(0.030);
    assertThat(Objects.requireNonNull(file.causeOf(one)).what()).isEqualTo("queues 1 commands");
    Slice request = file.slice("devices/00:04.0", "translation request PASID 1 0x1000 x0 for ");
    assertThat(Objects.requireNonNull(file.causeOf(request)).track())
        .isEqualTo("SMMU/command queue");
  }

  /** Commands between two SYNCs may take effect in any order. */
  @Test
  void commandsThatOvertakeOthersAreOnATrackOfTheirOwn() {
    long first = tell("a", COMMANDS_QUEUED, 0, 2, 0);
    long second = tell("b", COMMANDS_QUEUED, 0, 2, 2);
    command(second);
    now = 10;
    command(first);
    now = 20;
    command(second);
    now = 30;
    command(first);
    TraceFile file = file();
    assertThat(file.tracks()).contains("SMMU/command queue", "SMMU/command queue (2)");
    assertThat(file.slice("SMMU/command queue", "2 commands").end()).isEqualTo(0.020);
    assertThat(file.slice("SMMU/command queue (2)", "2 commands").end()).isEqualTo(0.030);
  }

  /** The flow begins at its cause though virtual time stands still. */
  @Test
  void aFlowLeadsFromItsCauseAndNotFromWhatCameAfter() {
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("step"), 1);
    tell("scenario", FRAMES_FREED, step, 4, 0);
    tell("worker", FRAMES_FREED, step, 5, 0);
    TraceFile file = file();
    assertThat(file.effects(file.slice("guest/scenario", "begins step")))
        .extracting(Slice::what)
        .containsExactly("frees 5 frames");
  }

  @Test
  void anEffectInALaterBatchHasItsFlowToo() {
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("step"), 1);
    recorder.deliver();
    now = 9;
    tell("worker", FRAMES_FREED, step, 5, 0);
    TraceFile file = file();
    assertThat(file.effects(file.slice("guest/scenario", "begins step"))).hasSize(1);
  }

  /** Time alone would name what came after the cause at the same time. */
  @Test
  void aFlowThatWouldLeadFromElsewhereIsLeftOut() {
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("step"), 1);
    tell("scenario", FRAMES_FREED, step, 4, 0);
    recorder.deliver();
    tell("worker", FRAMES_FREED, step, 5, 0);
    TraceFile file = file();
    assertThat(file.effects(file.slice("guest/scenario", "begins step"))).isEmpty();
    assertThat(file.causeOf(file.slice("guest/worker", "frees 5 frames"))).isNull();
  }

  /** Devices' answers let a SYNC end, and that lets frames be freed. */
  @Test
  void flowsLeadBackFromCompletionsOverTheSyncToTheFramesFreed() {
    long call = tell("scenario", CALL_BEGINS, 0, recorder.name("alice"), recorder.name("munmap"));
    long both = tell("scenario", COMMANDS_QUEUED, call, 3, 0);
    long first = tell("00:04.0", INVALIDATION, command(both), 1, 0x1000);
    long second = tell("00:05.0", INVALIDATION, command(both), 1, 0x1000);
    now = 5;
    tell("00:05.0", INVALIDATION_COMPLETED, second, 1, 0x1000);
    tell("00:04.0", INVALIDATION_ENDED, first, recorder.name("timed out"), 1);
    sync(both);
    tell("scenario", FRAMES_FREED, call, 1, 0);
    tell("other", FRAMES_FREED, 0, 2, 0);
    sync(0);
    TraceFile file = file();
    Slice completed = file.first("invalidation completed");
    assertThat(completed.track()).isEqualTo("devices/00:05.0");
    Slice sync = file.effects(completed).get(0);
    assertThat(sync.what()).startsWith("SYNC");
    assertThat(file.effects(file.first("invalidation ended"))).containsExactly(sync);
    assertThat(file.effects(sync)).extracting(Slice::what).containsExactly("frees 1 frames");
    assertThat(file.causeOf(file.slice("guest/other", "frees 2 frames"))).isNull();
  }

  private void completeInvalidation(long queued) {
    long request = tell("00:04.0", INVALIDATION, command(queued), 1, 0x1000);
    tell("00:04.0", INVALIDATION_COMPLETED, request, 1, 0x1000);
  }

  /** Whenever the recorder happens to deliver. */
  @Test
  void flowsLeadBackAlsoWhereABatchEnds() {
    long call = tell("scenario", CALL_BEGINS, 0, recorder.name("alice"), recorder.name("munmap"));
    long queued = tell("scenario", COMMANDS_QUEUED, call, 2, 0);
    completeInvalidation(queued);
    recorder.deliver();
    sync(queued);
    recorder.deliver();
    tell("scenario", FRAMES_FREED, call, 1, 0);
    recorder.deliver();
    assertThat(text.toString()).as("nobody knows yet what follows").doesNotContain("munmap");
    tell("scenario", EventKind.CALL_ENDS, call, 0, 0);
    recorder.deliver();
    assertThat(text.toString()).contains("munmap");
    TraceFile file = file();
    Slice sync = file.effects(file.first("invalidation completed")).get(0);
    assertThat(file.effects(sync)).extracting(Slice::name).containsExactly("frames freed");
  }

  /** No arrow is better than a wrong one, and what is kept has a bound. */
  @Test
  void aCompletionThatWaitsLongForItsSyncHasNoFlow() {
    long queued = tell("scenario", COMMANDS_QUEUED, 0, 2, 0);
    completeInvalidation(queued);
    for (int i = 0; i < 8192; i++) {
      tell("00:05.0", TRANSLATION_REQUEST, 0, i, 0x1000);
    }
    recorder.deliver();
    sync(queued);
    TraceFile file = file();
    assertThat(file.effects(file.first("invalidation completed"))).isEmpty();
    assertThat(file.causeOf(file.first("SYNC"))).isNull();
  }

  /** What is told late is drawn late, and what followed from it not before it. */
  @Test
  void noFlowLeadsBackInTime() {
    now = 9;
    tell("scenario", FRAMES_FREED, 0, 1, 0);
    now = 4;
    long late = tell("scenario", FRAMES_FREED, 0, 2, 0);
    tell("worker", FRAMES_FREED, late, 3, 0);
    assertThat(file().slice("guest/worker", "frees 3 frames").from()).isEqualTo(0.009);
  }

  /** As after Ctrl-C in the middle. */
  @Test
  void whatHasNotEndedEndsWithTheFileAndTheFileIsWhole() {
    long step = tell("scenario", STEP_BEGINS, 0, recorder.name("step"), 1);
    now = 8_000;
    tell("scenario", CALL_BEGINS, step, recorder.name("alice"), recorder.name("munmap"));
    command(tell("scenario", COMMANDS_QUEUED, 2, 5, 0));
    TraceFile file = file();
    assertThat(file.slice("guest/scenario", "begins step").end()).isEqualTo(8.0);
    assertThat(file.slice("SMMU/command queue", "5 commands").end()).isEqualTo(8.0);
    tell("scenario", STEP_ENDS, step, 0, 0);
    recorder.deliver();
    assertThat(trace.close()).isNull();
    assertThat(new TraceFile(text.toString()).tracks()).hasSize(2);
  }

  @Test
  void keepsTheFirstFailureToWrite() {
    TraceEvents full =
        new TraceEvents(
            new Writer() {
              @Override
              public void write(char[] chars, int from, int count) throws IOException {
                throw new IOException("no room");
              }

              @Override
              public void flush() {}

              @Override
              public void close() throws IOException {
                throw new IOException("closed");
              }
            });
    assertThat(full.close()).hasMessage("no room");
    assertThat(full.close()).hasMessage("no room");
  }
}
