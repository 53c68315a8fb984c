package org.smmulator.guest.sched;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.smmulator.execution.Execution;

/**
 * Tasks waiting for a condition. Whoever makes the condition true calls {@link #wakeAll}
 * afterwards; the state it reads must be volatile, atomic or under a lock that the condition itself
 * takes.
 */
public final class WaitQueue {
  private final Sched sched;
  private final String name;
  private final ConcurrentLinkedQueue<Task> waiters = new ConcurrentLinkedQueue<>();

  WaitQueue(Sched sched, String name) {
    this.sched = sched;
    this.name = name;
  }

  /**
   * Sleeps until the condition holds or the deadline, of {@link Sched#nanoTime}, has passed; {@code
   * Long.MAX_VALUE} is no deadline.
   *
   * @return whether the condition held
   */
  public boolean await(BooleanSupplier condition, long deadlineNanos) {
    Task me = sched.current();
    me.assertMaySleep("waiting on '" + name + "'");
    Execution execution = sched.execution();
    execution.yieldPoint();
    if (condition.getAsBoolean()) {
      return true;
    }
    waiters.add(me);
    try {
      // Looked at again only after listing: a wake-up in between must find this task.
      while (!condition.getAsBoolean()) {
        if (deadlineNanos != Long.MAX_VALUE && execution.nanoTime() >= deadlineNanos) {
          return false;
        }
        execution.park(deadlineNanos);
      }
      return true;
    } finally {
      waiters.remove(me);
    }
  }

  /** Makes every waiting task look at its condition; from any context, the hardware's too. */
  public void wakeAll() {
    for (Task waiter : waiters) {
      waiter.unpark();
    }
  }
}
