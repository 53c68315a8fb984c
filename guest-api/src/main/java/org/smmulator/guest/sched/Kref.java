package org.smmulator.guest.sched;

import java.util.concurrent.atomic.AtomicInteger;
import org.smmulator.execution.Execution;

/**
 * A reference count as Linux's {@code kref}. It starts at zero, which means "not to be grabbed":
 * under construction or on its way out. Setting it publishes everything written before.
 */
public final class Kref {
  private final Execution execution;
  private final AtomicInteger count = new AtomicInteger();

  public Kref(Sched sched) {
    this.execution = sched.execution();
  }

  /** The first reference: the object is complete and may be grabbed from now on. */
  public void init() {
    execution.yieldPoint();
    if (!count.compareAndSet(0, 1)) {
      throw new IllegalStateException("a reference count is initialised once");
    }
  }

  /** Takes a reference unless there is none left. */
  public boolean getUnlessZero() {
    execution.yieldPoint();
    int seen = count.get();
    while (seen > 0) {
      if (count.compareAndSet(seen, seen + 1)) {
        return true;
      }
      seen = count.get();
    }
    return false;
  }

  /** Drops a reference; whether it was the last. */
  public boolean put() {
    execution.yieldPoint();
    int left = count.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("a reference was dropped that nobody held");
    }
    return left == 0;
  }

  public int get() {
    return count.get();
  }
}
