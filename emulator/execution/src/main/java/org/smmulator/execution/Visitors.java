package org.smmulator.execution;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads from outside that look at a {@link DeterministicExecution} while it stands: between two
 * moments of its time, when every task waits. A visitor reads what it likes and waits for nothing,
 * so that the run is the same with it as without. Who comes can also make the run stand: until it
 * has looked at an appointed time, or until somebody lets it go on.
 */
public final class Visitors {
  private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long NEVER = Long.MAX_VALUE;

  private final DeterministicExecution execution;
  private final Fiber fiber;

  /** The thread that looks now. */
  private volatile @Nullable Thread visitor;

  /** Whether the run has to stop before its time moves beyond {@link #nextStop}. */
  private volatile boolean wanted;

  private volatile long nextStop = NEVER;
  private volatile @Nullable BooleanSupplier until;
  private long limit = NEVER;
  private long appointment = NEVER;
  private boolean seenAtLimit;
  private int waiting;
  private boolean standing;
  private boolean ended;

  /** Where the run's time moves when it goes on. */
  private long next;

  Visitors(DeterministicExecution execution) {
    this.execution = execution;
    fiber = new Fiber(execution, -1, "visitor", () -> {});
  }

  // What the run calls, on the thread of its running task.

  /** The run's time is about to move. */
  void timeMoves(long to) {
    BooleanSupplier condition = until;
    if (condition != null && condition.getAsBoolean()) {
      runUntil(0);
    }
    if (wanted || to > nextStop) {
      stand(to);
    }
  }

  private synchronized void stand(long to) {
    next = to;
    standing = true;
    seenAtLimit = false;
    notifyAll();
    while (waiting > 0 || visitor != null || next > nextStop) {
      await(NEVER);
    }
    standing = false;
  }

  /** The run is over; from now on it stands. */
  synchronized void runEnds() {
    ended = true;
    notifyAll();
  }

  /** The visitor, if the calling thread is one. */
  @Nullable Fiber me() {
    return visitor == Thread.currentThread() ? fiber : null;
  }

  boolean is(Fiber task) {
    return task == fiber;
  }

  // What others call.

  /**
   * The answer of a look at the run. Callable from any thread that is no task of it.
   *
   * @throws IllegalStateException if the run does not stand still in time, or the look would have
   *     to wait; the message says which
   */
  public <T> T look(Supplier<T> look) {
    enter();
    try {
      return look.get();
    } finally {
      leave();
    }
  }

  private synchronized void enter() {
    long deadline = System.nanoTime() + ANSWER_NANOS;
    waiting++;
    wanted = true;
    while (visitor != null || !(standing || ended)) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        waiting--;
        notWanted();
        throw new IllegalStateException("the simulated machine is busy; ask again");
      }
      await(left);
    }
    waiting--;
    visitor = Thread.currentThread();
  }

  private synchronized void leave() {
    visitor = null;
    notWanted();
  }

  private void notWanted() {
    wanted = waiting > 0;
    notifyAll();
  }

  /**
   * Waits until everything that is to happen up to a time has happened, or until the run stands at
   * its limit; it then stands until the next appointment is made. While it stands, a time at which
   * nothing can have changed counts as the one at which something can.
   */
  public synchronized void awaitMoment(long nanos) {
    appointment = standing ? Math.max(nanos, next) : nanos;
    stopsChange();
    while (!ended && next <= appointment && !(standing && isAtLimit() && !seenAtLimit)) {
      await(NEVER);
    }
    if (isAtLimit()) {
      seenAtLimit = true;
      appointment = NEVER;
      stopsChange();
    }
  }

  private boolean isAtLimit() {
    return next > limit;
  }

  /** No appointment is to be kept any more. */
  public synchronized void cancelAppointment() {
    appointment = NEVER;
    stopsChange();
  }

  /** The run goes on up to a time, and stands there. */
  public synchronized void runUntil(long nanos) {
    until = null;
    limit = nanos;
    stopsChange();
  }

  /**
   * The run goes on until something is so, and stands there.
   *
   * @param reached asked by the run, whenever its time moves
   */
  public synchronized void runUntil(BooleanSupplier reached) {
    runUntil(NEVER);
    until = reached;
  }

  /** The run goes on to the next moment at which anything happens. */
  public synchronized void runToNext() {
    runUntil(standing ? next : 0);
  }

  /** The run goes on for so long, from where it stands or is. */
  public void runFor(long nanos) {
    look(
        () -> {
          long from = Math.max(execution.nanoTime(), standsAtLimit() ? limit() : 0);
          runUntil(from + nanos);
          return true;
        });
  }

  /** The run goes on to its end. */
  public void run() {
    runUntil(NEVER);
  }

  private synchronized long limit() {
    return limit;
  }

  /** Whether the run stands at its limit. */
  public synchronized boolean standsAtLimit() {
    return standing && isAtLimit();
  }

  public synchronized boolean isOver() {
    return ended;
  }

  private void stopsChange() {
    nextStop = Math.min(limit, appointment);
    notifyAll();
  }

  /** Nobody interrupts those who wait here; left set, the mark would turn a wait into a spin. */
  @SuppressWarnings("WaitNotInLoop") // the callers loop
  private void await(long nanos) {
    try {
      if (nanos == NEVER) {
        wait();
      } else {
        TimeUnit.NANOSECONDS.timedWait(this, nanos);
      }
    } catch (InterruptedException e) {
      Thread.interrupted();
    }
  }
}
