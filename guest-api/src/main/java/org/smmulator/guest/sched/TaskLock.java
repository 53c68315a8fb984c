package org.smmulator.guest.sched;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Execution;

/**
 * The mutual exclusion under spin locks and mutexes: an owner, and waiters that park in arrival
 * order. A spinning task parks too: on few processors that lets the owner run, and under the
 * deterministic execution a spin would never end.
 */
final class TaskLock {
  private final Sched sched;
  private final LockClass lockClass;
  private final AtomicReference<@Nullable Task> owner = new AtomicReference<>();
  private final ConcurrentLinkedQueue<Task> waiters = new ConcurrentLinkedQueue<>();

  TaskLock(Sched sched, LockClass lockClass) {
    this.sched = sched;
    this.lockClass = lockClass;
  }

  void acquire(Task me) {
    me.waitsFor(lockClass);
    Execution execution = sched.execution();
    execution.yieldPoint();
    if (owner.compareAndSet(null, me)) {
      return;
    }
    execution.aboutToWait();
    waiters.add(me);
    while (waiters.peek() != me || !owner.compareAndSet(null, me)) {
      execution.park(Long.MAX_VALUE);
    }
    waiters.remove();
  }

  void acquireKillable(Task me) throws TaskKilled {
    me.waitsFor(lockClass);
    Execution execution = sched.execution();
    execution.yieldPoint();
    me.throwIfKilled(lockClass);
    if (owner.compareAndSet(null, me)) {
      return;
    }
    waiters.add(me);
    while (waiters.peek() != me || !owner.compareAndSet(null, me)) {
      if (me.isKilled()) {
        leaveQueue(me);
        me.throwIfKilled(lockClass);
      }
      execution.park(Long.MAX_VALUE);
    }
    waiters.remove();
  }

  /** The owner may have woken this task; whoever is next now must hear of it. */
  private void leaveQueue(Task me) {
    waiters.remove(me);
    wakeNext();
  }

  private void wakeNext() {
    Task next = waiters.peek();
    if (next != null) {
      next.unpark();
    }
  }

  void release(Task me) {
    if (owner.get() != me) {
      throw new IllegalStateException(
          "task '%s' unlocks '%s', which %s holds".formatted(me, lockClass, owner.get()));
    }
    owner.set(null);
    wakeNext();
    sched.execution().yieldPoint();
  }

  boolean isHeldBy(Task task) {
    return owner.get() == task;
  }

  void assertHeldBy(Task task) {
    if (!isHeldBy(task)) {
      throw new IllegalStateException("task '%s' must hold '%s'".formatted(task, lockClass));
    }
  }
}
