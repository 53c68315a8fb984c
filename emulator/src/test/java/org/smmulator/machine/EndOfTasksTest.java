package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.plugin.SaidInLog;

/** Tasks that work on a machine while it is closed. */
class EndOfTasksTest {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTaskThatFailsIsAnErrorUnlessItsMachineIsClosed(boolean closed) throws Exception {
    ThreadExecution execution = new ThreadExecution();
    CountDownLatch go = new CountDownLatch(1);
    Thread[] task = new Thread[1];
    CountDownLatch begun = new CountDownLatch(1);
    execution.spawn(
        "hot-plug",
        () -> {
          task[0] = Thread.currentThread();
          begun.countDown();
          await(go);
          throw new IllegalStateException("the hardware is gone");
        });
    begun.await();
    if (closed) {
      execution.end();
    }
    try (SaidInLog log = new SaidInLog()) {
      go.countDown();
      task[0].join();
      boolean said = log.lines().contains("task hot-plug failed");
      assertThat(said).isEqualTo(!closed);
    }
  }

  /** Its finally blocks, and what of the kernel survives failures, must not go on for long. */
  @Test
  void aTaskOfAClosedMachineEndsWhereAnotherMayRun() throws Exception {
    ThreadExecution execution = new ThreadExecution();
    execution.yieldPoint();
    CountDownLatch ended = new CountDownLatch(1);
    execution.end();
    execution.spawn(
        "hot-plug",
        () -> {
          try {
            execution.yieldPoint();
          } catch (CancellationException e) {
            ended.countDown();
          }
        });
    ended.await();
    execution.yieldPoint(); // no task
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
