package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;

/** The loop of hardware and links that runs when the test says so, on time that the test moves. */
public final class ManualLoop implements Loop {
  private final ArrayDeque<Runnable> steps = new ArrayDeque<>();
  private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
  private long now = 1_000_000_000L;
  private long order;

  /** One timer of either kind. */
  public static final class Alarm implements Loop.Timer, Comparable<Alarm> {
    private final Runnable step;
    private final long at;
    private final long order;
    private boolean cancelled;

    private Alarm(Runnable step, long at, long order) {
      this.step = step;
      this.at = at;
      this.order = order;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Alarm other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public synchronized void execute(Runnable step) {
    steps.add(step);
  }

  @Override
  public Alarm schedule(Runnable step, long delayNanos) {
    Alarm alarm = new Alarm(step, now + delayNanos, order++);
    alarms.add(alarm);
    return alarm;
  }

  @Override
  public boolean inLoop() {
    return true;
  }

  /** Steps that wait. */
  public synchronized int steps() {
    return steps.size();
  }

  /** Runs every step that waits, and those that they add. */
  public void run() {
    for (Runnable step = next(); step != null; step = next()) {
      step.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    return steps.poll();
  }

  /** Moves time, stopping at each timer that is due. */
  public void advance(long nanos) {
    long end = now + nanos;
    run();
    for (Alarm due = alarms.peek(); due != null && due.at <= end; due = alarms.peek()) {
      alarms.remove();
      now = due.at;
      if (!due.cancelled) {
        due.step.run();
      }
      run();
    }
    now = end;
  }
}
