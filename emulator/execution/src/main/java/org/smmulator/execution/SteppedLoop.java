package org.smmulator.execution;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hardware that runs when somebody runs it. Its time is virtual, and stands still until it is
 * moved, or is that of a clock. Steps run in the order they were given and timers in the order of
 * their deadlines, those of one deadline in the order they were set: on virtual time the same calls
 * give the same run. Steps come before timers, so that an answer which is there already is seen
 * before the time-out that waits for it, however late the loop runs. Links of devices in this
 * process use it too.
 *
 * <p>One thread runs the loop with {@link #runUntilIdle}, {@link #advanceTo} or {@link
 * #advanceToNextDeadline}, and sets and cancels timers, also between its runs. Others may call
 * {@link #execute} and {@link #nanoTime}.
 */
public final class SteppedLoop implements Loop {
  /** No timer is set. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  private final Runnable wake;
  private final @Nullable LongSupplier clock;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Deadline> deadlines =
      new PriorityQueue<>(
          Comparator.comparingLong(Deadline::nanos).thenComparingLong(Deadline::order));
  private long timersSet;
  private volatile long now;
  private volatile @Nullable Thread runner;

  /**
   * A loop on virtual time.
   *
   * @param wake called whenever a step or a timer comes from outside the loop: whoever runs the
   *     loop then runs it until it is idle
   */
  public SteppedLoop(Runnable wake) {
    this(wake, null);
  }

  /**
   * A loop on the time of a clock, in nanoseconds; it is asked anew for each timer, since the loop
   * may have been idle for long.
   */
  public SteppedLoop(Runnable wake, @Nullable LongSupplier clock) {
    this.wake = wake;
    this.clock = clock;
  }

  /** A timer that is set. */
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

  @Override
  public long nanoTime() {
    return clock == null ? now : clock.getAsLong();
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
    if (!inLoop()) {
      wake.run();
    }
  }

  @Override
  public Deadline schedule(Runnable step, long delayNanos) {
    Deadline deadline = new Deadline(later(Math.max(0, delayNanos)), timersSet++, step);
    deadlines.add(deadline);
    if (!inLoop()) {
      wake.run();
    }
    return deadline;
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == runner;
  }

  /** Runs everything that needs no passage of time. */
  public void runUntilIdle() {
    advanceTo(nanoTime());
  }

  /** Moves time to the first deadline and on to idleness there; stays if there is none. */
  public void advanceToNextDeadline() {
    runUntilIdle();
    Deadline next = deadlines.peek();
    if (next != null) {
      advanceTo(next.nanos);
    }
  }

  /** When the next timer fires. */
  public long nextDeadline() {
    Deadline next = deadlines.peek();
    return next == null ? NO_DEADLINE : next.nanos;
  }

  /** The time after a delay; the clock ends at the largest value. */
  public long later(long delayNanos) {
    long from = nanoTime();
    long then = from + delayNanos;
    return then < from ? Long.MAX_VALUE : then;
  }

  /** Moves time forward, every deadline on the way at its time; a time that is past moves none. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  public void advanceTo(long nanos) {
    if (runner != null) {
      throw new IllegalStateException("the loop is running already");
    }
    runner = Thread.currentThread();
    try {
      runSteps();
      for (Deadline next = deadlines.peek(); isDue(next, nanos); next = deadlines.peek()) {
        deadlines.remove();
        now = Math.max(now, next.nanos);
        next.step.run();
        runSteps();
      }
      now = Math.max(now, nanos);
    } finally {
      runner = null;
    }
  }

  private boolean isDue(@Nullable Deadline deadline, long nanos) {
    return deadline != null && deadline.nanos <= Math.max(now, nanos);
  }

  private void runSteps() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      step.run();
    }
  }
}
