package org.smmulator.guest.sched;

/** A killable wait has ended because its task was killed: Linux's EINTR. */
public final class TaskKilled extends Exception {
  private static final long serialVersionUID = 1L;

  TaskKilled(String task, LockClass wanted) {
    super("task '%s' was killed; it does not wait for '%s' any more".formatted(task, wanted));
  }
}
