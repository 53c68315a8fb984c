package org.smmulator.device;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.device.execution.Steps;
import org.smmulator.execution.Execution;

/**
 * The task on which a model's own methods run, one call after another: the BAR task. An exception
 * of the model ends the call and nothing else.
 */
final class ModelTask {
  /** Calls that may wait; with more the link is to be read no further. */
  static final int MOST_WAITING = 1 << 16;

  private static final Logger log = LoggerFactory.getLogger(ModelTask.class);

  private final AtomicInteger waiting = new AtomicInteger();
  private final Steps steps;
  private final Execution execution;
  private final Runnable hasRoom;
  private final Consumer<Throwable> failures;

  /**
   * @param steps where the model's methods run
   * @param execution runs its tasks
   * @param hasRoom called there when half of the calls are gone that had made it full
   * @param failures told what the model throws
   */
  ModelTask(Steps steps, Execution execution, Runnable hasRoom, Consumer<Throwable> failures) {
    this.steps = steps;
    this.execution = execution;
    this.hasRoom = hasRoom;
    this.failures = failures;
  }

  /** Queues a call that software caused, or another device. The link's thread alone. */
  void post(Runnable call) {
    waiting.incrementAndGet();
    steps.add(
        () -> {
          if (waiting.decrementAndGet() == MOST_WAITING / 2) {
            hasRoom.run();
          }
          run(call);
        });
  }

  /** Whether what comes over the link should wait there. The link's thread alone. */
  boolean isFull() {
    return waiting.get() >= MOST_WAITING;
  }

  /** Queues a call that the model itself asked for, from any thread. */
  void callBack(Runnable call) {
    steps.add(() -> run(call));
  }

  /** Ends the task after one last call, however many are waiting. */
  void end(Runnable lastCall) {
    callBack(lastCall);
    steps.end();
  }

  /**
   * Code of a model: what it throws ends this call and nothing else. Not so what ends the tasks of
   * a whole execution.
   */
  void run(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      execution.yieldPoint();
      log.error("the device model failed", e);
      failures.accept(e);
    }
  }
}
