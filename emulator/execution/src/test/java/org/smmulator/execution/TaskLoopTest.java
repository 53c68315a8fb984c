package org.smmulator.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TaskLoopTest {
  private static final int SEEDS = 50;

  private final List<String> story = new ArrayList<>();

  /** Runs a task beside a loop, on virtual time; the loop ends by itself with the run. */
  private List<String> simulated(long seed, Consumer<Beside> body) {
    story.clear();
    DeterministicExecution execution = new DeterministicExecution(seed);
    execution.run(
        () -> {
          TaskLoop loop = TaskLoop.start(execution, "loop");
          body.accept(new Beside(execution, loop));
        });
    return List.copyOf(story);
  }

  private record Beside(DeterministicExecution execution, TaskLoop loop) {
    void sleepUntil(long nanos) {
      while (execution.nanoTime() < nanos) {
        execution.park(nanos);
      }
    }
  }

  @Test
  void runsStepsInTheOrderTheyWereGivenWhateverTheSeed() {
    for (long seed = 0; seed < SEEDS; seed++) {
      List<String> steps =
          simulated(
              seed,
              beside -> {
                beside.loop().execute(() -> story.add("a"));
                beside.loop().execute(() -> story.add("b"));
                beside.loop().execute(() -> beside.loop().execute(() -> story.add("c")));
                beside.sleepUntil(1);
              });
      assertThat(steps).containsExactly("a", "b", "c");
    }
  }

  @Test
  void firesTimersAtTheirDeadlinesOnVirtualTime() {
    List<String> steps =
        simulated(
            1,
            beside -> {
              TaskLoop loop = beside.loop();
              loop.execute(
                  () -> {
                    loop.schedule(() -> story.add(loop.nanoTime() + " late"), 3_000_000_000L);
                    loop.schedule(() -> story.add(loop.nanoTime() + " early"), 10);
                    loop.schedule(() -> story.add("never"), 20).cancel();
                  });
              beside.sleepUntil(4_000_000_000L);
            });
    assertThat(steps).containsExactly("10 early", "3000000000 late");
  }

  @Test
  void anotherTaskMayRunBetweenAnyTwoSteps() {
    Set<List<String>> orders = new HashSet<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      orders.add(
          simulated(
              seed,
              beside -> {
                for (int i = 0; i < 2; i++) {
                  beside.loop().execute(() -> story.add("step"));
                }
                story.add("task");
                beside.sleepUntil(1);
              }));
    }
    assertThat(orders)
        .contains(
            List.of("task", "step", "step"),
            List.of("step", "task", "step"),
            List.of("step", "step", "task"));
  }

  @Test
  void aStepThatThrowsEndsTheRunWithItsSeed() {
    assertThatThrownBy(
            () ->
                simulated(
                    7,
                    beside -> {
                      beside
                          .loop()
                          .execute(
                              () -> {
                                throw new IllegalStateException("broken");
                              });
                      beside.sleepUntil(1);
                    }))
        .isInstanceOf(ScheduleFailure.class)
        .hasMessageContaining("seed 7")
        .hasMessageContaining("task 'loop': broken");
  }

  @Test
  void onThreadsStepsTimersAndTheEndWorkToo() throws Exception {
    ThreadExecution threads = new ThreadExecution();
    TaskLoop loop = TaskLoop.start(threads, "loop");
    CountDownLatch fired = new CountDownLatch(1);
    loop.execute(() -> loop.schedule(fired::countDown, 1));
    assertThat(fired.await(240, TimeUnit.SECONDS)).isTrue();
    assertThat(loop.inLoop()).isFalse();
    assertThatThrownBy(() -> loop.schedule(() -> {}, 1)).hasMessageContaining("steps of the loop");
    loop.end();
  }
}
