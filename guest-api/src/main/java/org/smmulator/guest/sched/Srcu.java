package org.smmulator.guest.sched;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sleepable read-copy-update, after Linux's {@code kernel/rcu/srcutree.c}: readers count themselves
 * in one of two counters and may sleep; a grace period has seen each counter at zero once, so every
 * reader that entered before it began has left. New readers are turned to the counter not waited
 * for, so a grace period ends however many of them come.
 */
public final class Srcu {
  private final Sched sched;
  private final LockClass readers;
  private final AtomicIntegerArray inside = new AtomicIntegerArray(2);
  private final AtomicInteger entry = new AtomicInteger();
  private final AtomicLong gracePeriods = new AtomicLong();
  private final Mutex graceMutex;
  private final WaitQueue left;
  private final WorkQueue callbacks;

  Srcu(Sched sched, String name, LockClass readers, Mutex graceMutex, WorkQueue callbacks) {
    this.sched = sched;
    this.readers = readers;
    this.graceMutex = graceMutex;
    this.left = new WaitQueue(sched, name + " readers");
    this.callbacks = callbacks;
  }

  /** Enters a read section; allowed in atomic context and inside another section. */
  public int readLock() {
    Task me = sched.current();
    int index = entry.get() & 1;
    // The counter may have been turned since; harmless, a grace period waits for both.
    sched.execution().yieldPoint();
    inside.incrementAndGet(index);
    me.entersSrcu(readers);
    return index;
  }

  /** Leaves the section that {@code readLock} returned {@code index} for. */
  public void readUnlock(int index) {
    sched.current().leavesSrcu(readers);
    if (inside.decrementAndGet(index) == 0) {
      left.wakeAll();
    }
    sched.execution().yieldPoint();
  }

  /** Waits until every read section that is open now has been left. */
  public void synchronize() {
    Task me = sched.current();
    me.assertMaySleep("an SRCU grace period");
    me.waitsFor(readers);
    graceMutex.lock();
    try {
      int idle = (entry.get() + 1) & 1;
      awaitNobodyIn(idle);
      entry.incrementAndGet();
      awaitNobodyIn(idle ^ 1);
      gracePeriods.incrementAndGet();
    } finally {
      graceMutex.unlock();
    }
  }

  /** Runs the callback on a worker after a grace period; from any context. */
  public void call(Runnable afterGrace) {
    callbacks.queue(
        () -> {
          synchronize();
          afterGrace.run();
        });
  }

  /** Waits until every callback given to {@link #call} before has run. */
  public void barrier() {
    callbacks.flush();
  }

  /** Grace periods that have ended. */
  public long gracePeriods() {
    return gracePeriods.get();
  }

  /** Read sections that are open now, nested ones included. */
  public int readers() {
    return inside.get(0) + inside.get(1);
  }

  private void awaitNobodyIn(int index) {
    left.await(() -> inside.get(index) == 0, Long.MAX_VALUE);
  }
}
