package org.smmulator.execution;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Timers of one loop, in the order of their deadlines, those of one deadline in the order they were
 * set. Belongs to the loop's thread.
 */
final class Timers {
  /** No timer is set. */
  static final long NONE = Long.MAX_VALUE;

  private final PriorityQueue<Deadline> deadlines =
      new PriorityQueue<>(
          Comparator.comparingLong(Deadline::nanos).thenComparingLong(Deadline::order));
  private long timersSet;

  private final class Deadline implements Loop.Timer {
    private final long nanos;
    private final long order;
    private final Runnable step;

    Deadline(long nanos, long order, Runnable step) {
      this.nanos = nanos;
      this.order = order;
      this.step = step;
    }

    long nanos() {
      return nanos;
    }

    long order() {
      return order;
    }

    @Override
    public void cancel() {
      deadlines.remove(this);
    }
  }

  /** Sets a timer; a delay below 0 is none, and the largest time is the end of time. */
  Loop.Timer set(Runnable step, long nowNanos, long delayNanos) {
    long at = nowNanos + Math.max(0, delayNanos);
    Deadline deadline = new Deadline(at < nowNanos ? Long.MAX_VALUE : at, timersSet++, step);
    deadlines.add(deadline);
    return deadline;
  }

  /** When the next timer is due; {@link #NONE} if there is none. */
  long next() {
    Deadline next = deadlines.peek();
    return next == null ? NONE : next.nanos;
  }

  boolean isEmpty() {
    return deadlines.isEmpty();
  }

  /** Takes out the next timer that is due at that time, or null. */
  @Nullable Runnable poll(long nanos) {
    Deadline next = deadlines.peek();
    if (next == null || next.nanos > nanos) {
      return null;
    }
    deadlines.remove();
    return next.step;
  }
}
