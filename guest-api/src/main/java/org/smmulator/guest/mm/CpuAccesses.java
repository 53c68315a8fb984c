package org.smmulator.guest.mm;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Execution;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * What the guest's CPUs do to one address space right now, and the TLB shootdown that waits for it.
 * A CPU has no TLB here: it walks the table for each access, so an access that began before a flush
 * is all that can still use an old translation. Accesses are short sections that take no lock and
 * do not sleep; a flush is therefore a busy wait, allowed in atomic context.
 *
 * <p>Sections count themselves in one of two counters; a flush turns new ones to the other counter,
 * so it ends however many of them come.
 */
final class CpuAccesses {
  private final Execution execution;
  private final SpinLock flushLock;
  private final AtomicIntegerArray inside = new AtomicIntegerArray(2);
  private volatile int current;
  private final AtomicReference<Execution.@Nullable Handle> flusher = new AtomicReference<>();

  CpuAccesses(Sched sched) {
    this.execution = sched.execution();
    this.flushLock = sched.spinLock(LockOrder.CPU_TLB_FLUSH);
  }

  /** Enters a section; from here on the walk sees every change that was flushed before. */
  int begin() {
    while (true) {
      int index = current;
      inside.incrementAndGet(index);
      if (index == current) {
        return index;
      }
      end(index); // a flush began in between and may have missed us
    }
  }

  void end(int index) {
    if (inside.decrementAndGet(index) == 0) {
      Execution.Handle waiting = flusher.get();
      if (waiting != null) {
        execution.unpark(waiting);
      }
    }
  }

  /** Waits until every section that is open now has ended. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under flushLock only
  void flush() {
    flushLock.lock();
    try {
      flusher.set(execution.current());
      int old = current;
      current = old ^ 1;
      while (inside.get(old) != 0) {
        execution.park(Long.MAX_VALUE);
      }
      flusher.set(null);
    } finally {
      flushLock.unlock();
    }
  }
}
