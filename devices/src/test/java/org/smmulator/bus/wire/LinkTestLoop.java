package org.smmulator.bus.wire;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import org.smmulator.execution.Loop;

/** A loop that runs when the test says so, on the test's time. */
final class LinkTestLoop implements Loop {
  private record Due(long at, long order, Runnable step) {}

  private final Deque<Runnable> steps = new ArrayDeque<>();
  private final PriorityQueue<Due> timers =
      new PriorityQueue<>(
          (a, b) -> a.at == b.at ? Long.compare(a.order, b.order) : Long.compare(a.at, b.at));
  private long now;
  private long scheduled;

  /** What the loop says about the caller. */
  boolean inside = true;

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
  }

  @Override
  public Timer schedule(Runnable step, long delayNanos) {
    Due due = new Due(now + delayNanos, scheduled++, step);
    timers.add(due);
    return () -> timers.remove(due);
  }

  @Override
  public boolean inLoop() {
    return inside;
  }

  /** Runs all steps there are, and those they add. */
  void run() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      step.run();
    }
  }

  /** Lets time pass. */
  void advance(long nanos) {
    now += nanos;
    run();
    for (Due due = timers.peek(); due != null && due.at <= now; due = timers.peek()) {
      timers.remove(due);
      due.step.run();
      run();
    }
  }

  int timersPending() {
    return timers.size();
  }
}
