package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Execution;
import org.smmulator.execution.ScheduleFailure;

class DeterministicExecutionTest {
  private static final int TASKS = 4;

  @Test
  void runsTheSameOrderForTheSameSeedAndManyOrdersForManySeeds() {
    Set<List<String>> orders = new HashSet<>();
    for (long seed = 0; seed < 50; seed++) {
      List<String> order = orderOf(seed);
      assertThat(orderOf(seed)).isEqualTo(order);
      orders.add(order);
    }
    assertThat(orders).hasSizeGreaterThan(30);
  }

  private static List<String> orderOf(long seed) {
    List<String> order = new ArrayList<>();
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          List<Task> tasks = new ArrayList<>();
          for (int t = 0; t < TASKS; t++) {
            String name = "t" + t;
            tasks.add(
                sched.spawn(
                    name,
                    () -> {
                      for (int i = 0; i < 3; i++) {
                        order.add(name);
                        execution.yieldPoint();
                      }
                    }));
          }
          tasks.forEach(Task::join);
        });
    assertThat(order).hasSize(TASKS * 3);
    return order;
  }

  @Test
  void timeStandsStillUntilEveryTaskWaitsAndThenGoesToTheEarliestDeadline() {
    List<String> log = new ArrayList<>();
    DeterministicExecution execution = new DeterministicExecution(1);
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          Task late = sched.spawn("late", () -> sleepAndLog(sched, 3_000_000_000L, log));
          Task early = sched.spawn("early", () -> sleepAndLog(sched, 20, log));
          for (int i = 0; i < 100; i++) {
            execution.yieldPoint();
            assertThat(sched.nanoTime()).isZero();
          }
          late.join();
          early.join();
        });
    assertThat(log).containsExactly("early at 20", "late at 3000000000");
  }

  private static void sleepAndLog(Sched sched, long nanos, List<String> log) {
    sched.sleep(nanos);
    log.add(sched.current().name() + " at " + sched.nanoTime());
  }

  @Test
  void deadlockTellsWhoWaitsWhere() {
    DeterministicExecution execution = new DeterministicExecution(7);
    assertThatThrownBy(
            () ->
                execution.run(
                    () -> {
                      Sched sched = new Sched(execution);
                      Mutex mutex = sched.mutex("the mutex");
                      mutex.lock();
                      sched.spawn("second", mutex::lock).join();
                    }))
        .isInstanceOf(ScheduleFailure.class)
        .hasMessageContaining("seed 7")
        .hasMessageContaining("deadlock")
        .hasMessageContaining("second waits")
        .hasMessageContaining("Mutex.lock")
        .hasMessageContaining("main waits")
        .hasMessageContaining("Task.join");
  }

  @Test
  void livelockEndsAtTheBound() {
    DeterministicExecution execution = new DeterministicExecution(3, 1_000);
    assertThatThrownBy(() -> execution.run(() -> yieldForEver(execution)))
        .hasMessageContaining("livelock")
        .hasMessageContaining("main may run");
    assertThat(execution.steps()).isEqualTo(1_000);
  }

  @SuppressWarnings("InfiniteLoopStatement")
  private static void yieldForEver(Execution execution) {
    while (true) {
      execution.yieldPoint();
    }
  }

  @Test
  void theFirstFailureOfAnyTaskEndsTheRunAndNamesSeedAndTask() {
    DeterministicExecution execution = new DeterministicExecution(11);
    List<Task> waiting = new ArrayList<>();
    assertThatThrownBy(
            () ->
                execution.run(
                    () -> {
                      Sched sched = new Sched(execution);
                      WaitQueue never = sched.waitQueue("never");
                      waiting.add(
                          sched.spawn("waiter", () -> never.await(() -> false, Long.MAX_VALUE)));
                      sched.spawn(
                          "broken",
                          () -> {
                            throw new AssertionError("found it");
                          });
                      never.await(() -> false, Long.MAX_VALUE);
                    }))
        .isInstanceOfSatisfying(
            ScheduleFailure.class, failure -> assertThat(failure.seed()).isEqualTo(11))
        .hasMessageContaining("-Dsmmulator.seed=11")
        .hasMessageContaining("broken")
        .hasMessageContaining("found it")
        .hasRootCauseInstanceOf(AssertionError.class);
    assertThat(waiting).allMatch(Task::isDone);
  }

  @Test
  void tasksLeftWhenMainReturnsAreUnwoundThroughTheirFinallyBlocks() {
    List<String> log = new ArrayList<>();
    DeterministicExecution execution = new DeterministicExecution(5);
    execution.run(
        () -> {
          Sched sched = new Sched(execution);
          Mutex mutex = sched.mutex("m");
          WaitQueue ready = sched.waitQueue("ready");
          sched.spawn("left", () -> lockAndWaitForEver(sched, mutex, ready, log));
          ready.await(() -> !log.isEmpty(), Long.MAX_VALUE);
        });
    assertThat(log).containsExactly("locked", "unwound");
  }

  private static void lockAndWaitForEver(
      Sched sched, Mutex mutex, WaitQueue ready, List<String> log) {
    mutex.lock();
    try {
      log.add("locked");
      ready.wakeAll();
      sched.waitQueue("never").await(() -> false, Long.MAX_VALUE);
      log.add("woken");
    } finally {
      log.add("unwound");
      mutex.unlock();
    }
  }

  @Test
  void anUnparkBeforeTheParkCounts() {
    DeterministicExecution execution = new DeterministicExecution(2);
    execution.run(
        () -> {
          execution.unpark(execution.current());
          execution.park(Long.MAX_VALUE);
        });
    assertThat(execution.nanoTime()).isZero();
  }

  @Test
  void threadsOfItsOwnAloneMayUseIt() {
    DeterministicExecution execution = new DeterministicExecution(2);
    assertThatThrownBy(execution::yieldPoint)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not the running task");
    execution.run(() -> {});
    assertThatThrownBy(() -> execution.run(() -> {})).hasMessageContaining("once");
  }
}
