package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ThreadExecution;

class WaitingTest {
  static Stream<Named<Runs.Run>> runs() {
    return Runs.threadsAndOrders();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyWaiterSeesTheConditionThatWasMadeTrue(Runs.Run run) {
    run.with(
        sched -> {
          WaitQueue changed = sched.waitQueue("count");
          AtomicInteger count = new AtomicInteger();
          List<Task> waiters = new ArrayList<>();
          for (int i = 1; i <= 5; i++) {
            int wanted = i;
            waiters.add(
                sched.spawn(
                    "waiter " + i,
                    () -> changed.await(() -> count.get() >= wanted, Long.MAX_VALUE)));
          }
          for (int i = 0; i < 5; i++) {
            count.incrementAndGet();
            changed.wakeAll();
          }
          waiters.forEach(Task::join);
        });
  }

  @Test
  void aWaitThatRunsOutOfTimeSaysSo() {
    DeterministicExecution execution = new DeterministicExecution(0);
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          assertThat(sched.waitQueue("never").await(() -> false, 500)).isFalse();
          assertThat(sched.nanoTime()).isEqualTo(500);
        });
  }

  @ParameterizedTest
  @MethodSource("runs")
  void workRunsInOrderAndAFlushWaitsForAllOfIt(Runs.Run run) {
    run.with(
        sched -> {
          WorkQueue work = sched.workQueue("work");
          List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
          IntStream.range(0, 10).forEach(i -> work.queue(() -> ran.add(i)));
          work.flush();
          assertThat(ran).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
          work.queue(() -> ran.add(10));
          work.close();
          assertThat(ran).hasSize(11);
          assertThatThrownBy(() -> work.queue(() -> {})).hasMessageContaining("closed");
          work.flush();
        });
  }

  @Test
  void whoeverUsesAFailedWorkQueueIsTold() {
    Sched sched = new Sched(new ThreadExecution());
    WorkQueue work = sched.workQueue("work");
    work.queue(
        () -> {
          throw new IllegalStateException("item");
        });
    assertThatThrownBy(work::flush).hasMessageContaining("has failed").hasRootCauseMessage("item");
    assertThatThrownBy(() -> work.queue(() -> {})).hasMessageContaining("has failed");
  }

  @Test
  void aWorkItemThatFlushesItsOwnQueueIsReported() {
    DeterministicExecution execution = new DeterministicExecution(0);
    assertThatThrownBy(
            () ->
                execution.run(
                    () -> {
                      WorkQueue work = new Sched(execution).workQueue("work");
                      work.queue(work::flush);
                      work.flush();
                    }))
        .hasMessageContaining("waits for 'worker of work' while it holds 'worker of work'");
  }
}
