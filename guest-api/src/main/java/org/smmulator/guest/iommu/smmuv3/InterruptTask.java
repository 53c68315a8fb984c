package org.smmulator.guest.iommu.smmuv3;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.Task;
import org.smmulator.guest.sched.WaitQueue;

/**
 * The task behind one interrupt: each interrupt is followed by at least one pass of its body that
 * began after it. Several may share one pass.
 */
final class InterruptTask {
  private final WaitQueue wanted;
  private final WaitQueue passed;
  private final AtomicBoolean raised = new AtomicBoolean();
  private final AtomicLong passes = new AtomicLong();
  private final Runnable pass;
  private final Task task;
  private volatile boolean stopped;

  InterruptTask(Sched sched, String name, Runnable pass) {
    this.wanted = sched.waitQueue(name + " interrupt");
    this.passed = sched.waitQueue(name + " pass");
    this.pass = pass;
    this.task = sched.spawn(name, this::serve);
  }

  /** From any context, the hardware's too. */
  void raise() {
    raised.set(true);
    wanted.wakeAll();
  }

  /** Returns after a whole pass that began after the call; may sleep. */
  void flush() {
    // The first pass to end may have begun before the call; the second has not.
    awaitPass();
    awaitPass();
  }

  private void awaitPass() {
    long seen = passes.get();
    raise();
    passed.await(() -> passes.get() != seen || task.isDone(), Long.MAX_VALUE);
  }

  /** Ends the task; may sleep. */
  void stop() {
    stopped = true;
    wanted.wakeAll();
    task.join();
  }

  private void serve() {
    try {
      while (true) {
        wanted.await(() -> raised.get() || stopped, Long.MAX_VALUE);
        if (stopped) {
          return;
        }
        raised.set(false);
        pass.run();
        passes.incrementAndGet();
        passed.wakeAll();
      }
    } finally {
      stopped = true;
      passed.wakeAll();
    }
  }
}
