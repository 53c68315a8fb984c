package org.smmulator.time;

import io.netty.channel.EventLoop;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.SteppedLoop;
import org.smmulator.execution.WallClock;

/**
 * Hardware whose time somebody else owns: on one thread, and idle whenever {@link #run} returns.
 * Its time is virtual and moved by {@link #advance}, or that of a clock.
 */
public final class SteppedHardware {
  private final EventLoop thread;
  private final SteppedLoop loop;
  private final boolean onVirtualTime;
  private final AtomicBoolean turnScheduled = new AtomicBoolean();
  private @Nullable Future<?> alarm;

  private SteppedHardware(EventLoop thread, @Nullable LongSupplier clock) {
    this.thread = thread;
    this.onVirtualTime = clock == null;
    this.loop = new SteppedLoop(this::wake, clock);
  }

  /** Hardware on virtual time. */
  public static SteppedHardware onVirtualTime(EventLoop thread) {
    return new SteppedHardware(thread, null);
  }

  /** Hardware on real time, from now on. */
  public static SteppedHardware onRealTime(EventLoop thread) {
    return onClock(thread, new WallClock()::nanoTime);
  }

  /** Hardware on the time of a clock that runs by itself, in nanoseconds. */
  static SteppedHardware onClock(EventLoop thread, LongSupplier clock) {
    return new SteppedHardware(thread, clock);
  }

  public boolean isOnVirtualTime() {
    return onVirtualTime;
  }

  /** The hardware's loop, also for links of devices in this process. */
  public SteppedLoop loop() {
    return loop;
  }

  /**
   * Runs a step on the hardware's thread, and all that follows from it without passage of time. Not
   * to be called on that thread.
   */
  public void run(Runnable step) {
    await(
        thread.submit(
            () -> {
              turnScheduled.set(true); // the turn below is the one that the step needs
              loop.execute(step);
              turn();
            }));
  }

  /** Moves virtual time forward; all timers on the way fire at their deadlines. */
  public void advance(long nanos) {
    await(thread.submit(() -> loop.advanceTo(loop.later(nanos))));
  }

  /** Moves virtual time to the next deadline, if there is one. */
  public void advanceToNextDeadline() {
    await(thread.submit(loop::advanceToNextDeadline));
  }

  private static void await(Future<?> turn) {
    try {
      turn.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the hardware worked", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the hardware failed", e.getCause());
    }
  }

  private void wake() {
    if (turnScheduled.compareAndSet(false, true)) {
      thread.execute(this::turn);
    }
  }

  private void turn() {
    turnScheduled.set(false);
    loop.runUntilIdle();
    if (!onVirtualTime) {
      setAlarm();
    }
  }

  private void setAlarm() {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
    long deadline = loop.nextDeadline();
    if (deadline != SteppedLoop.NO_DEADLINE) {
      alarm = thread.schedule(this::turn, deadline - loop.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }
}
