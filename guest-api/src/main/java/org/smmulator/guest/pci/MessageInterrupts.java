package org.smmulator.guest.pci;

import java.util.BitSet;
import org.smmulator.arch.port.Interrupts;
import org.smmulator.arch.port.MemoryMap;
import org.smmulator.guest.iommu.smmuv3.MsiAllocator;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Mutex;
import org.smmulator.guest.sched.Sched;

/** Hands out the interrupt numbers that the GICv2m frame can raise. */
public final class MessageInterrupts implements MsiAllocator {
  private final Interrupts interrupts;
  private final Mutex lock;
  private final BitSet used = new BitSet(MemoryMap.MSI_INTIDS);

  public MessageInterrupts(Sched sched, Interrupts interrupts) {
    this.interrupts = interrupts;
    this.lock = sched.mutex(LockOrder.MESSAGE_INTERRUPTS);
  }

  /**
   * Takes a free interrupt number.
   *
   * @param handler called on the hardware's thread at every interrupt; wakes and never waits
   * @return the number: the data of the message that raises it
   */
  @Override
  public int allocate(Runnable handler) {
    int intid = tryAllocate(handler);
    if (intid < 0) {
      throw new IllegalStateException(
          "all " + MemoryMap.MSI_INTIDS + " message-signalled interrupts are in use");
    }
    return intid;
  }

  /** As {@link #allocate}, or -1 when all are in use. */
  public int tryAllocate(Runnable handler) {
    lock.lock();
    try {
      int index = used.nextClearBit(0);
      if (index >= MemoryMap.MSI_INTIDS) {
        return -1;
      }
      used.set(index);
      interrupts.connect(MemoryMap.MSI_FIRST_INTID + index, handler);
      return MemoryMap.MSI_FIRST_INTID + index;
    } finally {
      lock.unlock();
    }
  }

  public void release(int intid) {
    lock.lock();
    try {
      interrupts.disconnect(intid);
      used.clear(intid - MemoryMap.MSI_FIRST_INTID);
    } finally {
      lock.unlock();
    }
  }
}
