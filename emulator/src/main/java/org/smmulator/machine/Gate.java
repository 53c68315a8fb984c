package org.smmulator.machine;

import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/** Streams of one process pass it before each operation; a step closes it to find them at rest. */
final class Gate {
  private final Mutex lock;
  private final WaitQueue changed;
  private int inside;
  private int closed;

  Gate(Sched sched) {
    lock = sched.mutex("stream-gate");
    changed = sched.waitQueue("stream-gate");
  }

  void enter() {
    while (!tryEnter()) {
      changed.await(this::isOpen, Long.MAX_VALUE);
    }
  }

  void leave() {
    lock.lock();
    try {
      inside--;
    } finally {
      lock.unlock();
    }
    changed.wakeAll();
  }

  /** Runs an action while nobody is inside. */
  void whileClosed(Runnable action) {
    add(1);
    try {
      changed.await(this::isEmpty, Long.MAX_VALUE);
      action.run();
    } finally {
      add(-1);
      changed.wakeAll();
    }
  }

  private boolean tryEnter() {
    lock.lock();
    try {
      if (closed > 0) {
        return false;
      }
      inside++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void add(int closers) {
    lock.lock();
    try {
      closed += closers;
    } finally {
      lock.unlock();
    }
  }

  private boolean isOpen() {
    lock.lock();
    try {
      return closed == 0;
    } finally {
      lock.unlock();
    }
  }

  private boolean isEmpty() {
    lock.lock();
    try {
      return inside == 0;
    } finally {
      lock.unlock();
    }
  }
}
