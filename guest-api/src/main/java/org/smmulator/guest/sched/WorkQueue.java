package org.smmulator.guest.sched;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.smmulator.record.Recorder;

/**
 * Work items run by one task in the order queued. An item that throws has broken an invariant: the
 * worker stops, and whoever uses the queue afterwards is told.
 */
public final class WorkQueue {
  private final Sched sched;
  private final LockClass workerClass;
  private final ConcurrentLinkedQueue<Runnable> items = new ConcurrentLinkedQueue<>();
  private final WaitQueue changed;
  private final Task worker;
  private volatile boolean closed;
  private volatile boolean ended;
  private volatile @Nullable Throwable failure;

  WorkQueue(Sched sched, String name, LockClass workerClass) {
    this.sched = sched;
    this.workerClass = workerClass;
    this.changed = new WaitQueue(sched, "work queue " + name);
    this.worker = sched.spawn(name, this::work);
  }

  /** Appends an item; from any context, the hardware's too. */
  public void queue(Runnable item) {
    assertWorks();
    if (closed) {
      throw new IllegalStateException("work queue '" + worker.name() + "' is closed");
    }
    long cause = sched.cause();
    items.add(cause == Recorder.NO_CAUSE ? item : () -> runBecause(cause, item));
    changed.wakeAll();
  }

  /** Whoever queued an item did so because of something, and so the item runs. */
  private void runBecause(long cause, Runnable item) {
    sched.causedBy(cause);
    try {
      item.run();
    } finally {
      sched.causedBy(Recorder.NO_CAUSE);
    }
  }

  /** Waits until every item queued before has run; not from an item of the same queue. */
  public void flush() {
    Task me = sched.current();
    me.assertMaySleep("flushing '" + worker.name() + "'");
    me.waitsFor(workerClass);
    AtomicBoolean reached = new AtomicBoolean();
    items.add(
        () -> {
          reached.set(true);
          changed.wakeAll();
        });
    changed.wakeAll();
    changed.await(() -> reached.get() || ended, Long.MAX_VALUE);
    assertWorks();
  }

  /** Runs what is queued, then ends the worker and waits for its end. */
  public void close() {
    sched.current().waitsFor(workerClass);
    closed = true;
    changed.wakeAll();
    worker.join();
    assertWorks();
  }

  private void assertWorks() {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException("work queue '" + worker.name() + "' has failed", cause);
    }
  }

  private void work() {
    try {
      while (changed.await(() -> closed || !items.isEmpty(), Long.MAX_VALUE)) {
        Runnable item = items.poll();
        if (item == null) {
          return;
        }
        run(item);
      }
    } catch (Throwable thrown) {
      failure = thrown;
      throw thrown;
    } finally {
      ended = true;
      changed.wakeAll();
    }
  }

  private void run(Runnable item) {
    Task me = sched.current();
    me.takes(workerClass);
    item.run();
    me.releases(workerClass);
    me.assertHoldsNothing("finished a work item");
  }
}
