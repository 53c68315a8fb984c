package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.record.EventKind.CALL_BEGINS;
import static org.smmulator.record.EventKind.CALL_ENDS;
import static org.smmulator.record.EventKind.FRAMES_FREED;
import static org.smmulator.record.EventKind.STEP_BEGINS;
import static org.smmulator.record.EventKind.STEP_ENDS;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.record.Detail;
import org.smmulator.record.EventKind;
import org.smmulator.record.EventReader;
import org.smmulator.record.RecordedEvent;
import org.smmulator.record.Recorder;

/** Why a task does what it does, also when recording begins or ends in the middle of it. */
class TaskCauseTest implements EventReader {
  private final Recorder recorder = new Recorder();
  private final List<String> events = new ArrayList<>();

  @Override
  public Detail detail() {
    return Detail.CHANGES;
  }

  @Override
  public void event(RecordedEvent event) {
    events.add(event.id() + " " + event.kind() + " <- " + event.cause());
  }

  private List<String> told(Consumer<Sched> body) {
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(() -> body.accept(new Sched(execution, recorder)));
    recorder.deliver();
    return events;
  }

  private static long begin(Sched sched, EventKind kind) {
    return sched.begin(kind, 0, 0, 0, 0);
  }

  @Test
  void whatBeganIsTheCauseUntilItsEnd() {
    recorder.addReader(this);
    assertThat(
            told(
                sched -> {
                  long step = begin(sched, STEP_BEGINS);
                  long call = begin(sched, CALL_BEGINS);
                  sched.record(FRAMES_FREED, 1, 0, 0, 0);
                  sched.end(CALL_ENDS, call, 0, 0);
                  sched.end(STEP_ENDS, step, 0, 0);
                  sched.record(FRAMES_FREED, 1, 0, 0, 0);
                }))
        .containsExactly(
            "1 STEP_BEGINS <- 0",
            "2 CALL_BEGINS <- 1",
            "3 FRAMES_FREED <- 2",
            "4 CALL_ENDS <- 2",
            "5 STEP_ENDS <- 1",
            "6 FRAMES_FREED <- 0");
  }

  @Test
  void whatBeganUnrecordedHasNoRecordedEnd() {
    assertThat(
            told(
                sched -> {
                  long step = begin(sched, STEP_BEGINS);
                  recorder.addReader(this);
                  long call = begin(sched, CALL_BEGINS);
                  sched.end(CALL_ENDS, call, 0, 0);
                  sched.end(STEP_ENDS, step, 0, 0);
                }))
        .containsExactly("1 CALL_BEGINS <- 0", "2 CALL_ENDS <- 1");
  }

  @Test
  void whatEndsUnrecordedIsNoCauseAnyMore() {
    recorder.addReader(this);
    assertThat(
            told(
                sched -> {
                  long step = begin(sched, STEP_BEGINS);
                  recorder.removeReader(this);
                  sched.end(STEP_ENDS, step, 0, 0);
                  recorder.addReader(this);
                  sched.record(FRAMES_FREED, 1, 0, 0, 0);
                }))
        .containsExactly("1 STEP_BEGINS <- 0", "2 FRAMES_FREED <- 0");
  }
}
