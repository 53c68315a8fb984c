package org.smmulator.device;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.smmulator.execution.Loop;

/**
 * Steps that other tasks hand to the link's thread, run there in order. Steps that come together
 * are run together, so that their packets leave in one go.
 */
final class LinkMailbox {
  /** Steps in one go; between two goes the link reads. */
  private static final int BATCH = 256;

  private final Loop loop;
  private final Runnable afterBatch;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile boolean closed;

  LinkMailbox(Loop loop, Runnable afterBatch) {
    this.loop = loop;
    this.afterBatch = afterBatch;
  }

  boolean inLoop() {
    return loop.inLoop();
  }

  /**
   * Hands over a step, from any thread.
   *
   * @return false if the mailbox is closed and the step will never run
   */
  boolean post(Runnable step) {
    steps.add(step);
    if (closed) {
      return !steps.remove(step);
    }
    if (!scheduled.getAndSet(true)) {
      loop.execute(this::runBatch);
    }
    return true;
  }

  private void runBatch() {
    scheduled.set(false);
    for (int i = 0; i < BATCH; i++) {
      Runnable step = steps.poll();
      if (step == null) {
        break;
      }
      step.run();
    }
    afterBatch.run();
    if (!steps.isEmpty() && !scheduled.getAndSet(true)) {
      loop.execute(this::runBatch);
    }
  }

  /** Runs what is left, and takes nothing more; on the link's thread. */
  void close() {
    closed = true;
    Runnable step = steps.poll();
    while (step != null) {
      step.run();
      step = steps.poll();
    }
  }
}
