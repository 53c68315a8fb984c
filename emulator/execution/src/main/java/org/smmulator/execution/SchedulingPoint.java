package org.smmulator.execution;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A moment in which the next task is chosen, as an {@link Order} sees it. In the <em>default
 * order</em> the running task goes on while it can, and otherwise the task that stands first in a
 * queue of all, at first by their numbers. Any other choice is so many <em>delays</em> away from
 * it: each takes the task that would be next and moves it to the end of the queue (Emmi, Qadeer,
 * Rakamaric, Delay-bounded scheduling, POPL 2011). So one delay lets all others overtake a task as
 * far as they can, however often they wait for each other.
 *
 * <p>One object serves a whole run: to be read during {@link Order#next} only.
 */
public final class SchedulingPoint {
  /** A task that does nothing but pass yield points waits for others, and its turn ends. */
  static final int PATIENCE = 1_000;

  private final List<Fiber> runnable;
  private int running;
  private long endOfQueue = 1L << 32;
  private boolean yields;
  private int yieldsInARow;
  private int decision;

  SchedulingPoint(List<Fiber> runnable) {
    this.runnable = runnable;
  }

  void at(Fiber task, boolean mereYield) {
    running = task.number();
    yields = mereYield;
    yieldsInARow = mereYield ? yieldsInARow + 1 : 0;
  }

  /** That task has been chosen. */
  void passed(Fiber next) {
    boolean goesOn = next.number() == running;
    if (!goesOn || yieldsInARow >= PATIENCE) {
      delayAllBefore(next);
    }
    if (size() > 1) {
      decision++;
    }
    if (!goesOn) {
      yieldsInARow = 0;
    }
  }

  private void delayAllBefore(Fiber next) {
    long end = endOfQueue;
    for (Fiber task = firstBefore(next, end); task != null; task = firstBefore(next, end)) {
      task.standsAt(endOfQueue++);
    }
  }

  private @Nullable Fiber firstBefore(Fiber next, long end) {
    Fiber first = null;
    for (int place = 0; place < runnable.size(); place++) {
      Fiber task = runnable.get(place);
      boolean before = turn(task) < turn(next) && task.standing() < end;
      if (before && (first == null || turn(task) < turn(first))) {
        first = task;
      }
    }
    return first;
  }

  /** How many tasks may run; at least one. */
  public int size() {
    return runnable.size();
  }

  /** Number of a task that may run, by its place; in the order in which they came to be so. */
  public int task(int place) {
    return runnable.get(place).number();
  }

  /** Number of the task that ran up to here; it may be unable to go on. */
  public int running() {
    return running;
  }

  /** Whether the running task merely passes by, and may go on. */
  public boolean isYield() {
    return yields;
  }

  /** How many yield points the running task has passed since anything else happened. */
  public int yieldsInARow() {
    return yieldsInARow;
  }

  /** How many points with a choice came before this one; one without has the next one's number. */
  public int decision() {
    return decision;
  }

  /** After how many delays the task at a place is next. */
  public int delays(int place) {
    long own = turn(runnable.get(place));
    int before = 0;
    for (int i = 0; i < runnable.size(); i++) {
      if (turn(runnable.get(i)) < own) {
        before++;
      }
    }
    return before;
  }

  /** The place of the task that runs after so many delays; of the last one, if there are fewer. */
  public int afterDelays(int delays) {
    int wanted = Math.min(delays, runnable.size() - 1);
    for (int place = 0; place < runnable.size(); place++) {
      if (delays(place) == wanted) {
        return place;
      }
    }
    throw new IllegalStateException("two tasks have one number");
  }

  private long turn(Fiber task) {
    if (task.number() != running) {
      return task.standing();
    }
    return yieldsInARow >= PATIENCE ? Long.MAX_VALUE : -1;
  }
}
