package org.smmulator.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
  @ParameterizedTest
  @ValueSource(strings = {"0+0", "0+1", "12+1,40+2"})
  void readsWhatItWrites(String text) {
    assertThat(Schedule.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "12", "12+", "+1", "12+0", "-1+1", "3+1,3+1", "4+1,3+1", "1+1,", "a+b"})
  void saysWhatIsWrongWithATextThatIsNoSchedule(String text) {
    assertThatThrownBy(() -> Schedule.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anyRunIsRepeatedExactlyByTheScheduleRecordedOfIt() {
    for (long seed = 0; seed < 100; seed++) {
      List<String> drawn = new ArrayList<>();
      Recording recording = run(new UniformOrder(seed), drawn);
      List<String> repeated = new ArrayList<>();
      Schedule schedule = Schedule.parse(recording.schedule().toString());
      assertThat(run(new ScheduledOrder(schedule), repeated).schedule()).isEqualTo(schedule);
      assertThat(repeated).as("seed %d", seed).isEqualTo(drawn);
    }
  }

  /** Tasks that pass yield points, wake each other, sleep and spawn. */
  private static Recording run(Order order, List<String> log) {
    DeterministicExecution execution = new DeterministicExecution(order);
    Recording recording = execution.record();
    execution.run(
        () -> {
          for (int t = 0; t < 3; t++) {
            int own = t;
            execution.spawn("t" + t, () -> work(execution, own, log));
          }
          execution.park(1_000);
        });
    return recording;
  }

  private static void work(DeterministicExecution execution, int own, List<String> log) {
    for (int i = 0; i < 3; i++) {
      log.add(own + "." + i + " at " + execution.nanoTime());
      execution.yieldPoint();
    }
    execution.park(execution.nanoTime() + own);
    execution.spawn("child of " + own, () -> log.add("child of " + own));
    log.add("end of " + own);
  }

  @Test
  void theDefaultOrderRunsEachTaskUntilItWaits() {
    List<String> log = new ArrayList<>();
    Recording recording = run(new ScheduledOrder(Schedule.DEFAULT), log);
    assertThat(log)
        .startsWith("0.0 at 0", "0.1 at 0", "0.2 at 0", "1.0 at 0", "1.1 at 0", "1.2 at 0");
    assertThat(recording.schedule()).isEqualTo(Schedule.DEFAULT);
  }

  @Test
  void aTaskThatOnlyYieldsDoesNotKeepOthersFromRunning() {
    DeterministicExecution execution =
        new DeterministicExecution(new ScheduledOrder(Schedule.DEFAULT));
    boolean[] done = {false};
    execution.run(
        () -> {
          execution.spawn("other", () -> done[0] = true);
          while (!done[0]) {
            execution.yieldPoint();
          }
        });
    assertThat(execution.steps()).isBetween(1_000L, 1_010L);
  }

  @Test
  void runsShareThreadsAndTasksOfOneRunDoNot() {
    ThreadLocal<String> left = new ThreadLocal<>();
    List<Thread> first = new ArrayList<>();
    List<Thread> second = new ArrayList<>();
    try (TaskThreads threads = new TaskThreads()) {
      oneAfterTheOther(threads, left, first);
      left.remove();
      oneAfterTheOther(threads, new ThreadLocal<>(), second);
    }
    assertThat(first).doesNotHaveDuplicates();
    assertThat(second).doesNotHaveDuplicates().hasSameElementsAs(first);
  }

  private static void oneAfterTheOther(
      TaskThreads threads, ThreadLocal<String> left, List<Thread> ran) {
    DeterministicExecution execution =
        new DeterministicExecution(new ScheduledOrder(Schedule.DEFAULT), 1_000, threads);
    execution.run(
        () -> {
          for (int i = 0; i < 3; i++) {
            execution.spawn(
                "task " + i,
                () -> {
                  assertThat(left.get()).isNull();
                  left.set("of this task");
                  ran.add(Thread.currentThread());
                });
            execution.park(execution.nanoTime() + 1);
          }
        });
  }
}
