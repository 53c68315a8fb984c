package org.smmulator.guest.sched;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Execution;

/**
 * A kernel task. It knows its context (spin locks held, SRCU sections, lock classes in the order
 * taken); those fields belong to the task itself and to nobody else.
 */
public final class Task {
  private final Sched sched;
  private final String name;
  private final WaitQueue ended;
  private final List<LockClass> held = new ArrayList<>();
  private int spinLocksHeld;
  private int srcuSections;
  private long cause;
  private int nameNumber;
  // Written by the task before it can appear in any queue of waiters, or look whether it is killed.
  private volatile Execution.@Nullable Handle handle;
  private volatile boolean killed;
  private volatile boolean done;
  private volatile @Nullable Throwable failure;

  Task(Sched sched, String name) {
    this.sched = sched;
    this.name = name;
    this.ended = new WaitQueue(sched, "end of " + name);
  }

  public String name() {
    return name;
  }

  /** Its name's number for the recorder. */
  int nameNumber() {
    if (nameNumber == 0) {
      nameNumber = sched.name(name);
    }
    return nameNumber;
  }

  /** The event that is the cause of what it does. */
  long cause() {
    return cause;
  }

  void causedBy(long event) {
    cause = event;
  }

  /** Waits until the body has ended; whether it failed tells {@link #failure}. */
  public void join() {
    ended.await(this::isDone, Long.MAX_VALUE);
  }

  public boolean isDone() {
    return done;
  }

  /** What the body threw, if it has ended by throwing. */
  public @Nullable Throwable failure() {
    return failure;
  }

  /**
   * Asks the task to end, as a fatal signal does: waits that are killable end with {@link
   * TaskKilled}, now and from now on, and calls of programs with {@link FatalSignal}; others go on.
   * From any context.
   */
  public void kill() {
    killed = true;
    unpark();
  }

  /** Whether {@link #kill} was called. */
  public boolean isKilled() {
    return killed;
  }

  void throwIfKilled(LockClass wanted) throws TaskKilled {
    if (killed) {
      throw new TaskKilled(name, wanted);
    }
  }

  void runsAs(Execution.Handle current) {
    handle = current;
  }

  void run(Runnable body) {
    try {
      body.run();
      assertHoldsNothing("ended");
    } catch (Throwable thrown) {
      failure = thrown;
      throw thrown;
    } finally {
      done = true;
      ended.wakeAll();
    }
  }

  void unpark() {
    Execution.Handle target = handle;
    if (target != null) {
      sched.execution().unpark(target);
    }
  }

  void waitsFor(LockClass wanted) {
    for (int i = 0; i < held.size(); i++) {
      held.get(i).before(wanted, name);
    }
  }

  void takes(LockClass taken) {
    held.add(taken);
  }

  void takesSpinLock(LockClass taken) {
    held.add(taken);
    spinLocksHeld++;
  }

  void releasesSpinLock(LockClass released) {
    releases(released);
    spinLocksHeld--;
  }

  void entersSrcu(LockClass domain) {
    held.add(domain);
    srcuSections++;
  }

  void leavesSrcu(LockClass domain) {
    releases(domain);
    srcuSections--;
  }

  void releases(LockClass released) {
    int last = held.lastIndexOf(released);
    if (last < 0) {
      throw new IllegalStateException("task '" + name + "' does not hold '" + released + "'");
    }
    held.remove(last);
  }

  Context context() {
    if (spinLocksHeld > 0) {
      return Context.ATOMIC;
    }
    return srcuSections > 0 ? Context.SRCU_READ : Context.SLEEPABLE;
  }

  void assertMaySleep(String what) {
    if (spinLocksHeld > 0) {
      throw new IllegalStateException(
          "%s sleeps, but task '%s' is in atomic context; it holds %s".formatted(what, name, held));
    }
  }

  void assertHoldsNothing(String when) {
    if (!held.isEmpty()) {
      throw new IllegalStateException("task '%s' %s holding %s".formatted(name, when, held));
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
