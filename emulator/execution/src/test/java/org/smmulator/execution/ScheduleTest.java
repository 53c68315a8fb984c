package org.smmulator.execution;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
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
    return run(new DeterministicExecution(order), log);
  }

  private static Recording run(DeterministicExecution execution, List<String> log) {
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

  /** Or a task that waits often could not be overtaken by one delay. */
  @Test
  void aDelayedTaskStandsBehindAllOthersAlsoWhenTheyWaitForEachOther() {
    List<String> log = new ArrayList<>();
    DeterministicExecution execution =
        new DeterministicExecution(new ScheduledOrder(Schedule.parse("4+1")));
    execution.run(
        () -> {
          Execution.Handle[] client = new Execution.Handle[1];
          Execution.Handle server = execution.spawn("server", () -> serve(execution, client, log));
          execution.spawn("delayed", () -> log.add("delayed"));
          execution.spawn("client", () -> ask(execution, client, server));
          execution.park(1_000);
        });
    assertThat(log).containsExactly("served", "served", "served", "delayed");
  }

  private static void ask(
      DeterministicExecution execution, Execution.Handle[] client, Execution.Handle server) {
    client[0] = execution.current();
    for (int i = 0; i < 3; i++) {
      execution.unpark(server);
      execution.park(Long.MAX_VALUE);
    }
  }

  private static void serve(
      DeterministicExecution execution, Execution.Handle[] client, List<String> log) {
    for (int i = 0; i < 3; i++) {
      execution.park(Long.MAX_VALUE);
      log.add("served");
      execution.unpark(client[0]);
    }
  }

  @Test
  void uniformOrdersAreThoseThatTheirSeedsAlwaysGave() {
    assertThat(uniform(1)).isEqualTo("000111222ececec19");
    assertThat(uniform(3)).isEqualTo("000222111ececec19");
    assertThat(uniform(5)).isEqualTo("000121212eccece19");
    assertThat(uniform(8)).isEqualTo("000122211eccece19");
  }

  private static String uniform(long seed) {
    List<String> log = new ArrayList<>();
    DeterministicExecution execution = new DeterministicExecution(seed);
    run(execution, log);
    return log.stream().map(line -> line.substring(0, 1)).collect(joining()) + execution.steps();
  }

  @Test
  void threadsDoNotOutliveManyRunsWithWhatProgramsLeaveInThem() {
    List<Thread> ran = new ArrayList<>();
    try (TaskThreads threads = new TaskThreads()) {
      for (int i = 0; i < 200; i++) {
        new DeterministicExecution(new ScheduledOrder(Schedule.DEFAULT), 10, threads)
            .run(() -> ran.add(Thread.currentThread()));
      }
    }
    assertThat(new HashSet<>(ran)).hasSizeBetween(2, 10);
  }

  @Test
  void aThreadThatCannotBeStartedFailsTheRunAndDoesNotHangIt() {
    int[] made = {0};
    ThreadFactory exhausted =
        body -> {
          boolean last = ++made[0] == 3;
          return new Thread(body) {
            @Override
            public synchronized void start() {
              if (last) {
                throw new OutOfMemoryError("no thread is left");
              }
              super.start();
            }
          };
        };
    DeterministicExecution execution =
        new DeterministicExecution(
            new ScheduledOrder(Schedule.DEFAULT), 1_000, new TaskThreads(false, exhausted));
    List<String> log = new ArrayList<>();
    assertThatThrownBy(() -> run(execution, log)).hasMessageContaining("no thread is left");
    assertThat(log).contains("0.0 at 0");
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

  /** A task that ends starts the thread of the next one; nobody waits for it any more. */
  @Test
  void aThreadIsTakenForTheNextRunWhileTheCallThatStartedItHasNotReturned() throws Exception {
    CountDownLatch nextRunEnded = new CountDownLatch(1);
    CountDownLatch lateStartReturned = new CountDownLatch(1);
    int[] made = {0};
    ThreadFactory lateStart =
        body ->
            ++made[0] == 3
                ? new LateStart(body, nextRunEnded, lateStartReturned)
                : new Thread(body);
    List<Thread> ran = new ArrayList<>();
    try (TaskThreads threads = new TaskThreads(true, lateStart)) {
      spawnOneByOne(threads, ran, "first", "second");
      assertThat(lateStartReturned.getCount()).isEqualTo(1);
      spawnOneByOne(threads, ran, "third");
      nextRunEnded.countDown();
      lateStartReturned.await();
    }
    assertThat(ran.get(1)).isInstanceOf(LateStart.class).isSameAs(ran.get(2));
  }

  private static void spawnOneByOne(TaskThreads threads, List<Thread> ran, String... names) {
    DeterministicExecution execution =
        new DeterministicExecution(new ScheduledOrder(Schedule.DEFAULT), 100, threads);
    execution.run(
        () -> {
          for (String name : names) {
            execution.spawn(name, () -> ran.add(Thread.currentThread()));
          }
          execution.park(1);
        });
  }

  /** Its start returns to the caller only once the run after this one has ended. */
  private static final class LateStart extends Thread {
    private final CountDownLatch goOn;
    private final CountDownLatch returned;

    LateStart(Runnable body, CountDownLatch goOn, CountDownLatch returned) {
      super(body);
      this.goOn = goOn;
      this.returned = returned;
    }

    @Override
    @SuppressWarnings(
        "UnsynchronizedOverridesSynchronized") // The thread takes the lock, for its name.
    public void start() {
      super.start();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      returned.countDown();
    }
  }

  /** Whoever wakes another task goes on, with every seed; the other one comes at its next wait. */
  @Test
  void wakingHandsNothingOver() {
    for (long seed = 0; seed < 20; seed++) {
      DeterministicExecution execution = new DeterministicExecution(seed);
      List<String> order = new ArrayList<>();
      execution.run(
          () -> {
            Execution.Handle other =
                execution.spawn(
                    "other",
                    () -> {
                      execution.park(Long.MAX_VALUE);
                      order.add("other");
                    });
            execution.park(1); // the other one is parked then
            execution.wake(other);
            order.add("main");
            execution.park(2);
          });
      assertThat(order).as("seed %d", seed).containsExactly("main", "other");
    }
  }
}
