package org.smmulator.guest.sched;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All locks of one name, as Linux's lockdep groups them. An edge from A to B says that a task
 * waited (or could have waited) for B while it held A; a cycle of edges is a possible deadlock even
 * if it never happened. The kernel's own classes have their places in {@link LockOrder} besides,
 * and an edge against it is refused at once. Work queues and SRCU domains are classes too: a flush
 * waits for the worker, a grace period for the readers.
 */
final class LockClass {
  private final String name;
  private final @Nullable LockOrder place;
  private final Set<LockClass> waitedForUnderThis = ConcurrentHashMap.newKeySet();

  /**
   * @param place in the kernel's order; null for a class that has none
   */
  LockClass(String name, @Nullable LockOrder place) {
    this.name = name;
    this.place = place;
  }

  String name() {
    return name;
  }

  @Nullable LockOrder place() {
    return place;
  }

  /** Records that {@code wanted} is waited for while this class is held. */
  void before(LockClass wanted, String task) {
    if (wanted == this) {
      throw new IllegalStateException(
          "task '%s' waits for '%s' while it holds '%s'".formatted(task, name, name));
    }
    if (place != null && wanted.place != null && wanted.place.compareTo(place) < 0) {
      throw new IllegalStateException(
          "lock order: task '%s' waits for '%s' while it holds '%s'; LockOrder has %s before %s"
              .formatted(task, wanted.name, name, wanted.place, place));
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
