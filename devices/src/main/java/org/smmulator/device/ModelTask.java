package org.smmulator.device;

import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.device.execution.Steps;

/**
 * The task on which a model's own methods run, one call after another: the BAR task. An exception
 * of the model ends the call and nothing else.
 */
final class ModelTask {
  /** More calls than software can sensibly have waiting; beyond it the link is cut. */
  static final int MOST_WAITING = 1 << 16;

  private static final Logger log = LoggerFactory.getLogger(ModelTask.class);

  private final AtomicInteger waiting = new AtomicInteger();
  private final Steps steps;

  /**
   * @param steps where the model's methods run
   */
  ModelTask(Steps steps) {
    this.steps = steps;
  }

  /**
   * Queues a call that software caused, from any thread.
   *
   * @return false if too many are waiting
   */
  boolean post(Runnable call) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return false;
    }
    steps.add(
        () -> {
          waiting.decrementAndGet();
          run(call);
        });
    return true;
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

  private static void run(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      log.error("the device model failed", e);
    }
  }
}
