package org.smmulator.device;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.device.execution.Execution;
import org.smmulator.device.execution.Signal;

/**
 * The task on which a model's own methods run, one call after another: the BAR task. An exception
 * of the model ends the call and nothing else.
 */
final class ModelTask {
  /** More calls than software can sensibly have waiting; beyond it the link is cut. */
  static final int MOST_WAITING = 1 << 16;

  private static final Logger log = LoggerFactory.getLogger(ModelTask.class);

  private final Queue<Runnable> calls = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Signal signal;
  private volatile boolean ending;

  ModelTask(Execution execution, String name) {
    this.signal = new Signal(execution);
    execution.spawn(name, this::run);
  }

  /**
   * Queues a call, from any thread.
   *
   * @return false if too many are waiting
   */
  boolean post(Runnable call) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return false;
    }
    calls.add(call);
    signal.raise();
    return true;
  }

  /** Ends the task after one last call, however many are waiting. */
  void end(Runnable lastCall) {
    waiting.incrementAndGet();
    calls.add(
        () -> {
          ending = true;
          lastCall.run();
        });
    signal.raise();
  }

  private void run() {
    while (!ending) {
      signal.await(() -> !calls.isEmpty());
      Runnable call = calls.remove();
      waiting.decrementAndGet();
      try {
        call.run();
      } catch (RuntimeException e) {
        log.error("the device model failed", e);
      }
    }
  }
}
