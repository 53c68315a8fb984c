package org.smmulator.execution;

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
  public static final long NO_DEADLINE = Timers.NONE;

  private final Runnable wake;
  private final @Nullable LongSupplier clock;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final Timers timers = new Timers();
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
  public Timer schedule(Runnable step, long delayNanos) {
    Timer timer = timers.set(step, nanoTime(), delayNanos);
    if (!inLoop()) {
      wake.run();
    }
    return timer;
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
    if (!timers.isEmpty()) {
      advanceTo(timers.next());
    }
  }

  /** When the next timer fires. */
  public long nextDeadline() {
    return timers.next();
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
      long until = Math.max(now, nanos);
      for (long due = timers.next(); due <= until; due = timers.next()) {
        Runnable step = timers.poll(until);
        if (step == null) {
          break;
        }
        now = Math.max(now, due);
        step.run();
        runSteps();
      }
      now = Math.max(now, nanos);
    } finally {
      runner = null;
    }
  }

  private void runSteps() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      step.run();
    }
  }
}
