package org.smmulator.guest.mm;

import java.util.BitSet;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * ASIDs of 16 bits; 0 is reserved. Handed out in ascending order, around, as Linux does between
 * rollovers: a freed one comes back last. Whoever frees one has invalidated what is tagged with it.
 */
final class AsidAllocator {
  private static final int LIMIT = 1 << 16;

  private final SpinLock lock;

  @Guarded(by = "lock")
  private final BitSet used = new BitSet(LIMIT);

  @Guarded(by = "lock")
  private int cursor = 1;

  AsidAllocator(Sched sched) {
    lock = sched.spinLock(LockOrder.ASIDS);
    used.set(0);
  }

  int allocate() {
    lock.lock();
    try {
      int asid = used.nextClearBit(cursor);
      if (asid >= LIMIT) {
        asid = used.nextClearBit(1);
      }
      if (asid >= LIMIT) {
        throw new OutOfMemory("all " + (LIMIT - 1) + " ASIDs belong to living address spaces");
      }
      used.set(asid);
      cursor = asid + 1;
      return asid;
    } finally {
      lock.unlock();
    }
  }

  void free(int asid) {
    lock.lock();
    try {
      if (asid <= 0 || !used.get(asid)) {
        throw new IllegalStateException("ASID " + asid + " was freed and is not in use");
      }
      used.clear(asid);
    } finally {
      lock.unlock();
    }
  }

  int inUse() {
    lock.lock();
    try {
      return used.cardinality() - 1;
    } finally {
      lock.unlock();
    }
  }
}
