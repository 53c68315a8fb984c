package org.smmulator.device.execution;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Execution.Handle;

/**
 * Tasks wait here until something they watch has changed. Whoever changes it calls {@link #raise}
 * afterwards; what is watched must be volatile, atomic or a concurrent collection. Any thread may
 * raise.
 */
public final class Signal {
  private final Execution execution;
  private final Queue<Handle> waiters = new ConcurrentLinkedQueue<>();

  public Signal(Execution execution) {
    this.execution = execution;
  }

  /** Waits until the condition holds. */
  public void await(BooleanSupplier condition) {
    await(condition, Long.MAX_VALUE);
  }

  /**
   * Waits until the condition holds or the deadline has passed.
   *
   * @param deadlineNanos on the clock of the execution; {@code Long.MAX_VALUE} is none
   * @return whether the condition holds
   */
  public boolean await(BooleanSupplier condition, long deadlineNanos) {
    if (condition.getAsBoolean()) {
      return true;
    }
    Handle self = execution.current();
    waiters.add(self);
    try {
      while (!condition.getAsBoolean()) {
        if (deadlineNanos != Long.MAX_VALUE && execution.nanoTime() - deadlineNanos >= 0) {
          return false;
        }
        execution.park(deadlineNanos);
      }
      return true;
    } finally {
      waiters.remove(self);
    }
  }

  /** Wakes every waiter, to look again. */
  public void raise() {
    for (Handle waiter : waiters) {
      execution.unpark(waiter);
    }
  }
}
