package org.smmulator.guest.iommu.smmuv3;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.structure.Ste;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.iommu.IommuException.Errno;
import org.smmulator.guest.iommu.smmuv3.Master.Ats;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;

/**
 * Which device owns which stream, and the stream table entries of those that are attached. The lock
 * keeps ATS states and the entries' EATS in step; nobody waits for the SMMU under it.
 */
final class Streams {
  private static final long EATS_WORD_OFFSET = 8L * Ste.EATS.word();

  private final TableMemory memory;
  private final StreamTable table;
  private final CommandQueue queue;
  private final SpinLock lock;

  @Guarded(by = "lock")
  private final Map<Integer, Master> masters = new HashMap<>();

  Streams(Sched sched, TableMemory memory, StreamTable table, CommandQueue queue) {
    this.memory = memory;
    this.table = table;
    this.queue = queue;
    this.lock = sched.spinLock(LockOrder.STREAMS);
  }

  /** Makes the device the owner of its stream, whose entry still aborts. May sleep. */
  Master claim(IommuDevice device) throws IommuException {
    int streamId = device.streamId();
    if (!table.covers(streamId)) {
      throw new IommuException(
          Errno.EINVAL,
          "stream ID 0x%x of %s is beyond the SMMU's stream table".formatted(streamId, device));
    }
    Master master = new Master(device, table.entry(streamId));
    lock.lock();
    try {
      Master owner = masters.putIfAbsent(streamId, master);
      if (owner != null) {
        throw new IommuException(
            Errno.EBUSY,
            "stream ID 0x%x of %s is attached already, by %s"
                .formatted(streamId, device, owner.device()));
      }
    } finally {
      lock.unlock();
    }
    return master;
  }

  /** Gives the stream up; its entry aborts again. */
  void release(Master master) {
    lock.lock();
    try {
      masters.remove(master.streamId(), master);
    } finally {
      lock.unlock();
    }
  }

  @Nullable Master find(int streamId) {
    lock.lock();
    try {
      return masters.get(streamId);
    } finally {
      lock.unlock();
    }
  }

  /** Replaces the entry, which aborts, by one that translates. */
  void install(Master master, EntryWriter entry) {
    entry.publish(master.ste(), () -> invalidate(master));
  }

  /** Lets all traffic of the stream abort; on return none of it uses what the entry pointed to. */
  void abort(Master master) {
    memory.store(master.ste(), Ste.V.of(1) | Ste.CONFIG.of(Ste.CONFIG_ABORT));
    invalidate(master);
    changeAts(master, Ats.OFF);
    for (int word = 1; word < Ste.WORDS; word++) {
      memory.store(master.ste() + 8L * word, 0);
    }
  }

  /**
   * Lets all traffic of a stream that stays attached abort, translated traffic too; on return none
   * of it uses what the entry points to.
   */
  void block(Master master) {
    lock.lock();
    try {
      memory.store(master.ste(), Ste.V.of(1) | Ste.CONFIG.of(Ste.CONFIG_ABORT));
    } finally {
      lock.unlock();
    }
    beginFence(master);
    invalidate(master);
    finishFence(master);
  }

  /** From now on every invalidation has to reach the device. */
  void enableAts(Master master) {
    changeAts(master, Ats.ON);
  }

  /**
   * Begins to refuse the device's translated traffic; {@link #finishFence} has to follow.
   *
   * @return whether this call began it
   */
  boolean beginFence(Master master) {
    lock.lock();
    try {
      if (master.ats() != Ats.ON) {
        return false;
      }
      long pa = master.ste() + EATS_WORD_OFFSET;
      memory.store(pa, Ste.EATS.set(memory.load(pa), Ste.EATS_ABORT));
      master.ats(Ats.FENCING);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * If a fence of the device has begun, returns when it holds. Every task that skips or loses an
   * ATC invalidation because of a fence calls this: another may have begun it and not be done.
   */
  void finishFence(Master master) {
    if (master.ats() != Ats.FENCING) {
      return;
    }
    invalidate(master);
    lock.lock();
    try {
      if (master.ats() == Ats.FENCING) {
        master.ats(Ats.FENCED);
      }
    } finally {
      lock.unlock();
    }
  }

  private void changeAts(Master master, Ats next) {
    lock.lock();
    try {
      master.ats(next);
    } finally {
      lock.unlock();
    }
  }

  private void invalidate(Master master) {
    queue.run(new CommandBatch().cfgiSte(master.streamId(), true));
  }
}
