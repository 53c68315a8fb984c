package org.smmulator.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class StandingRunTest {
  private final DeterministicExecution execution = new DeterministicExecution(5, Long.MAX_VALUE);

  @Test
  void piecesAreDoneOnOneTaskAndTimeStandsBetweenThem() throws Exception {
    List<String> names = new ArrayList<>();
    try (StandingRun run = StandingRun.start(execution)) {
      for (int i = 0; i < 3; i++) {
        run.call(() -> names.add(execution.current().name()));
      }
      run.call(
          () -> {
            execution.spawn("ticks", this::tickForEver);
            execution.park(1_000);
            return true;
          });
      long now = run.call(execution::nanoTime);
      assertThat(now).isEqualTo(1_000);
      assertThat(run.call(execution::nanoTime)).isEqualTo(now);
      assertThat(run.<Long>call(() -> run.call(execution::nanoTime))).as("inside").isEqualTo(now);
    }
    assertThat(names).containsExactly("main", "main", "main");
  }

  private void tickForEver() {
    while (true) {
      execution.park(execution.nanoTime() + 100);
    }
  }

  @Test
  void whatAPieceThrowsIsTheCallersAndTheRunGoesOn() throws Exception {
    try (StandingRun run = StandingRun.start(execution)) {
      assertThatThrownBy(() -> run.call(StandingRunTest::fail)).isInstanceOf(AssertionError.class);
      assertThat(run.call(() -> 3)).isEqualTo(3);
    }
  }

  private static int fail() {
    throw new AssertionError("of a test");
  }

  @Test
  void aTaskThatFailsEndsThePieceThatWaits() {
    try (StandingRun run = StandingRun.start(execution)) {
      assertThatThrownBy(
              () ->
                  run.call(
                      () -> {
                        execution.spawn("bad", StandingRunTest::fail);
                        execution.park(Long.MAX_VALUE);
                        return true;
                      }))
          .isInstanceOf(ScheduleFailure.class)
          .hasMessageContaining("'bad'");
      assertThatThrownBy(() -> run.call(() -> 3)).isInstanceOf(ScheduleFailure.class);
    }
  }

  @Test
  void aWaitThatNobodyCanEndIsADeadlock() {
    try (StandingRun run = StandingRun.start(execution)) {
      assertThatThrownBy(
              () ->
                  run.call(
                      () -> {
                        execution.park(Long.MAX_VALUE);
                        return true;
                      }))
          .isInstanceOf(ScheduleFailure.class)
          .hasMessageContaining("deadlock");
    }
  }

  /** As where a piece waits for what is outside of the run. */
  @Test
  void aCloseDoesNotWaitForAPieceThatWasGivenUp() throws Exception {
    CompletableFuture<Void> release = new CompletableFuture<>();
    StandingRun run = StandingRun.start(execution);
    CompletableFuture<Exception> thrown = new CompletableFuture<>();
    Thread caller = interruptedInside(run, release::join, thrown);
    assertThat(thrown.join()).isInstanceOf(InterruptedException.class);
    assertThatThrownBy(() -> run.call(() -> 3))
        .isInstanceOf(ScheduleFailure.class)
        .hasMessageContaining("its caller was interrupted");
    run.close();
    release.complete(null);
    caller.join();
  }

  /** Time goes on for ever in such a run, and so would its thread. */
  @Test
  void aRunThatWasGivenUpEnds() throws Exception {
    StandingRun run = StandingRun.start(execution);
    Callable<Void> ticking =
        () -> {
          tickForEver();
          return null;
        };
    Thread caller = interruptedInside(run, ticking, new CompletableFuture<>());
    run.thread().join();
    assertThat(execution.isStopping()).isTrue();
    caller.join();
  }

  /** Calls from a thread of its own, which is interrupted while the piece runs. */
  private static Thread interruptedInside(
      StandingRun run, Callable<Void> piece, CompletableFuture<Exception> thrown) {
    CompletableFuture<Void> inside = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                run.call(
                    () -> {
                      inside.complete(null);
                      return piece.call();
                    });
              } catch (Exception e) {
                thrown.complete(e);
              }
            });
    caller.start();
    inside.join();
    caller.interrupt();
    return caller;
  }

  @Test
  void aClosedRunSaysSo() throws Exception {
    StandingRun run = StandingRun.start(execution);
    run.close();
    run.close();
    assertThatThrownBy(() -> run.call(() -> 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the simulated machine is closed");
  }
}
