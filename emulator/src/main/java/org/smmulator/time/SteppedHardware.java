package org.smmulator.time;

import io.netty.channel.EventLoop;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Hardware whose time somebody else owns: on one thread, and idle whenever {@link #run} returns.
 * Its time is virtual and moved by {@link #advance}, or follows real time by itself.
 */
public final class SteppedHardware {
  private final EventLoop thread;
  private final VirtualHardwareLoop loop;
  private final boolean onVirtualTime;
  private final long start = System.nanoTime();
  private final AtomicBoolean turnScheduled = new AtomicBoolean();
  private @Nullable Future<?> alarm;

  private SteppedHardware(EventLoop thread, boolean onVirtualTime) {
    this.thread = thread;
    this.onVirtualTime = onVirtualTime;
    this.loop = new VirtualHardwareLoop(this::wake);
  }

  /** Hardware on virtual time. */
  public static SteppedHardware onVirtualTime(EventLoop thread) {
    return new SteppedHardware(thread, true);
  }

  /** Hardware on real time, from now on. */
  public static SteppedHardware onRealTime(EventLoop thread) {
    return new SteppedHardware(thread, false);
  }

  public boolean isOnVirtualTime() {
    return onVirtualTime;
  }

  /** The hardware's loop, also for links of devices in this process. */
  public VirtualHardwareLoop loop() {
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
    if (onVirtualTime) {
      loop.runUntilIdle();
      return;
    }
    loop.advanceTo(System.nanoTime() - start);
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
    long deadline = loop.nextDeadline();
    if (deadline != VirtualHardwareLoop.NO_DEADLINE) {
      alarm = thread.schedule(this::turn, deadline - loop.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }
}
