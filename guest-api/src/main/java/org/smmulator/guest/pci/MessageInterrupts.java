package org.smmulator.guest.pci;

import java.util.ArrayList;
import java.util.List;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.guest.iommu.smmuv3.MsiAllocator;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;

/**
 * Hands out the interrupt numbers that the GICv2m frame can raise. There are fewer than a machine
 * may have devices: numbers that are asked for as shared have several handlers once all are in use,
 * and each of them runs whoever raised it.
 */
public final class MessageInterrupts implements MsiAllocator {
  private final Interrupts interrupts;
  private final Mutex lock;

  /** By number: its handlers, none of a free one. The lists are never changed, the mutex guards. */
  private final List<List<Runnable>> handlers = new ArrayList<>();

  /** By number: whether it is its taker's alone; a wire's is from the beginning. */
  private final boolean[] exclusive = new boolean[MemoryMap.MSI_INTIDS];

  public MessageInterrupts(Sched sched, Interrupts interrupts) {
    this.interrupts = interrupts;
    this.lock = sched.mutex(LockOrder.MESSAGE_INTERRUPTS);
    for (int i = 0; i < MemoryMap.MSI_INTIDS; i++) {
      handlers.add(List.of());
      exclusive[i] = MemoryMap.isWired(MemoryMap.MSI_FIRST_INTID + i);
    }
  }

  /**
   * Takes a free interrupt number for one handler alone.
   *
   * @param handler called on the hardware's thread at every interrupt; wakes and never waits
   * @return the number: the data of the message that raises it
   */
  @Override
  public int allocate(Runnable handler) {
    lock.lock();
    try {
      int index = leastUsed();
      if (index < 0 || !handlers.get(index).isEmpty()) {
        throw new IllegalStateException("all message-signalled interrupts are in use");
      }
      exclusive[index] = true;
      return connect(index, List.of(handler));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes an interrupt number that may raise others' handlers too: a free one, else the one with
   * the fewest handlers.
   *
   * @param handler as of {@link #allocate}; called at interrupts of others too
   * @return the number, or -1 when all have been taken by {@link #allocate}
   */
  public int share(Runnable handler) {
    lock.lock();
    try {
      int index = leastUsed();
      if (index < 0) {
        return -1;
      }
      List<Runnable> more = new ArrayList<>(handlers.get(index));
      more.add(handler);
      return connect(index, List.copyOf(more));
    } finally {
      lock.unlock();
    }
  }

  /** Of those that are nobody's alone; -1 if there is none. */
  private int leastUsed() {
    int least = -1;
    for (int index = 0; index < handlers.size(); index++) {
      boolean fewer = least < 0 || handlers.get(index).size() < handlers.get(least).size();
      if (!exclusive[index] && fewer) {
        least = index;
      }
    }
    return least;
  }

  private int connect(int index, List<Runnable> all) {
    handlers.set(index, all);
    int intid = MemoryMap.MSI_FIRST_INTID + index;
    if (all.isEmpty()) {
      interrupts.disconnect(intid);
    } else {
      interrupts.connect(intid, all.size() == 1 ? all.get(0) : () -> all.forEach(Runnable::run));
    }
    return intid;
  }

  /** Gives back what a handler took; it is not called for this any more. */
  public void release(int intid, Runnable handler) {
    lock.lock();
    try {
      int index = intid - MemoryMap.MSI_FIRST_INTID;
      List<Runnable> fewer = new ArrayList<>(handlers.get(index));
      fewer.remove(handler);
      exclusive[index] = false;
      connect(index, List.copyOf(fewer));
    } finally {
      lock.unlock();
    }
  }
}
