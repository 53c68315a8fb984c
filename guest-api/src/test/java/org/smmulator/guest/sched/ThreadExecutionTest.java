package org.smmulator.guest.sched;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.smmulator.execution.ThreadExecution;

class ThreadExecutionTest {
  private final ThreadExecution execution = new ThreadExecution();

  /** Of a task that nobody knows: one that somebody has woken before may return at once. */
  @Test
  void aParkEndsAtItsDeadline() throws Exception {
    CompletableFuture<Long> late = new CompletableFuture<>();
    execution.spawn(
        "parks",
        () -> {
          long deadline = execution.nanoTime() + 2_000_000;
          execution.park(deadline);
          late.complete(execution.nanoTime() - deadline);
        });
    assertThat(late.get(1, TimeUnit.MINUTES)).isNotNegative();
  }

  @Test
  void anUnparkBeforeTheParkCounts() {
    execution.unpark(execution.current());
    execution.park(Long.MAX_VALUE);
    assertThat(execution.current().name()).isEqualTo(Thread.currentThread().getName());
  }

  @Test
  void anInterruptNeitherEndsAWaitNorGetsLost() {
    Sched sched = new Sched(execution);
    WaitQueue waitQueue = sched.waitQueue("w");
    AtomicBoolean condition = new AtomicBoolean();
    sched.spawn(
        "waker",
        () -> {
          sched.sleep(1_000_000);
          condition.set(true);
          waitQueue.wakeAll();
        });
    Thread.currentThread().interrupt();
    assertThat(waitQueue.await(condition::get, Long.MAX_VALUE)).isTrue();
    assertThat(Thread.interrupted()).isTrue();
  }
}
