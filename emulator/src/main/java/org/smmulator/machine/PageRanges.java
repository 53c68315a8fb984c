package org.smmulator.machine;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/**
 * Pages of one process's buffer that a step is at. Steps at the same pages take turns, so that the
 * buffer's model knows what the last of them left there; at different pages they meet wherever the
 * kernel lets them. Held before the process's {@link Gate} is closed.
 */
final class PageRanges {
  private record Range(int first, int end) {
    boolean overlaps(Range other) {
      return first < other.end && other.first < end;
    }
  }

  private final Mutex lock;
  private final WaitQueue changed;
  private final List<Range> held = new ArrayList<>();

  PageRanges(Sched sched) {
    lock = sched.mutex("page-ranges");
    changed = sched.waitQueue("page-ranges");
  }

  /** Runs an action while no other has any of the pages. */
  void alone(int page, int pages, Runnable action) {
    Range range = new Range(page, page + pages);
    changed.await(() -> tryHold(range), Long.MAX_VALUE);
    try {
      action.run();
    } finally {
      give(range);
      changed.wakeAll();
    }
  }

  private boolean tryHold(Range range) {
    lock.lock();
    try {
      if (held.stream().anyMatch(range::overlaps)) {
        return false;
      }
      held.add(range);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void give(Range range) {
    lock.lock();
    try {
      held.remove(range);
    } finally {
      lock.unlock();
    }
  }
}
