package org.smmulator.guest.sched;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All locks of one name, as Linux's lockdep groups them. An edge from A to B says that a task
 * waited (or could have waited) for B while it held A; a cycle of edges is a possible deadlock even
 * if it never happened. Work queues and SRCU domains are classes too: a flush waits for the worker,
 * a grace period for the readers.
 */
final class LockClass {
  private final String name;
  private final Set<LockClass> waitedForUnderThis = ConcurrentHashMap.newKeySet();

  LockClass(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** Records that {@code wanted} is waited for while this class is held. */
  void before(LockClass wanted, String task) {
    if (wanted == this) {
      throw new IllegalStateException(
          "task '%s' waits for '%s' while it holds '%s'".formatted(task, name, name));
    }
    if (waitedForUnderThis.contains(wanted)) {
      return;
    }
    // Added before the search, so that of two tasks adding opposite edges at least one sees both.
    waitedForUnderThis.add(wanted);
    if (wanted.leadsTo(this)) {
      waitedForUnderThis.remove(wanted);
      throw new IllegalStateException(
          "lock order: task '%s' waits for '%s' while it holds '%s', but '%s' was waited for under '%s' before"
              .formatted(task, wanted.name, name, name, wanted.name));
    }
  }

  private boolean leadsTo(LockClass target) {
    Set<LockClass> seen = new HashSet<>();
    ArrayDeque<LockClass> open = new ArrayDeque<>();
    open.add(this);
    while (!open.isEmpty()) {
      LockClass next = open.remove();
      if (next == target) {
        return true;
      }
      if (seen.add(next)) {
        open.addAll(next.waitedForUnderThis);
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return name;
  }
}
