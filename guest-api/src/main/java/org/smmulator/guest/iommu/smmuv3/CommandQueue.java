package org.smmulator.guest.iommu.smmuv3;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.register.QueueBase;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.guest.sched.Guarded;
import org.smmulator.guest.sched.LockOrder;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.SpinLock;
import org.smmulator.record.Carrier;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

/**
 * The command queue (IHI 0070 3.5, 4): many tasks produce, the SMMU consumes.
 *
 * <p>Slots are numbered without end; the register's index and wrap bit are the low bits of the
 * number. A batch and the SYNC that ends it are written in one piece, so between two SYNCs of the
 * queue there are ATC invalidations of one batch only: when a SYNC reports that some failed, they
 * are those of its own batch and of nobody else. Nothing is held while waiting for the SMMU.
 *
 * <p>{@code consumed} trails CMDQ_CONS. Producers never run further ahead of it than the queue is
 * long, so whoever reads CMDQ_CONS and finds {@code consumed} unchanged knows which lap the index
 * belongs to, however long it was delayed.
 */
final class CommandQueue {
  private static final int WORD_BYTES = 8;

  private final Sched sched;
  private final SmmuRegisters registers;
  private final TableMemory memory;
  private final long base;
  private final int log2;
  private final int entries;
  private final int lapMask;
  private final long timeoutNanos;
  private final SpinLock lock;

  /** By slot: the ATC invalidations that the slot belongs to. */
  private final AtomicReferenceArray<@Nullable AtcBatch> atcBatches;

  @Guarded(by = "lock")
  private long produced;

  private final AtomicLong consumed = new AtomicLong();

  CommandQueue(
      Sched sched,
      SmmuRegisters registers,
      TableMemory memory,
      long base,
      int log2,
      long timeoutNanos) {
    this.sched = sched;
    this.registers = registers;
    this.memory = memory;
    this.base = base;
    this.log2 = log2;
    this.entries = 1 << log2;
    this.lapMask = 2 * entries - 1;
    this.timeoutNanos = timeoutNanos;
    this.lock = sched.spinLock(LockOrder.COMMAND_QUEUE);
    this.atcBatches = new AtomicReferenceArray<>(entries);
  }

  /** Value of CMDQ_BASE. */
  long baseRegister() {
    return QueueBase.ADDR.inPlace(base) | QueueBase.LOG2SIZE.of(log2) | QueueBase.HINT.of(1);
  }

  /** Queues commands whose completion nobody waits for. */
  void post(CommandBatch batch) {
    enqueue(batch, 0, batch.count(), false, null);
  }

  /** Queues commands and returns when they are complete. */
  void run(CommandBatch batch) {
    int most = entries - 1;
    for (int first = 0; first < batch.count(); first += most) {
      int end = Math.min(batch.count(), first + most);
      awaitConsumed(enqueue(batch, first, end, true, null));
    }
  }

  /**
   * Queues an ATC invalidation of each of the devices that uses ATS, and returns when the SMMU has
   * finished with them. If the only device of a SYNC does not answer, its ATS state has become
   * {@link Master.Ats#FENCING} by then.
   *
   * @return false if some of several failed, and nobody knows which
   */
  boolean runAtcInvalidations(List<Master> masters, int pasid, AtcRange range) {
    int most = entries - 1;
    boolean allAnswered = true;
    for (int first = 0; first < masters.size(); first += most) {
      List<Master> some = masters.subList(first, Math.min(masters.size(), first + most));
      AtcBatch owners = new AtcBatch(some);
      CommandBatch batch = new CommandBatch();
      some.forEach(master -> batch.atcInv(master.streamId(), pasid, range));
      awaitConsumed(enqueue(batch, 0, batch.count(), true, owners));
      allAnswered &= !owners.hasFailed();
    }
    return allAnswered;
  }

  /** Writes a part of a batch; the slot after its last command, which is the one to wait for. */
  private long enqueue(
      CommandBatch batch, int first, int end, boolean sync, @Nullable AtcBatch owners) {
    int wanted = end - first + (sync ? 1 : 0);
    while (true) {
      long mustBeConsumed;
      lock.lock();
      try {
        if (owners != null && !owners.wantsAny()) {
          return consumed.get();
        }
        mustBeConsumed = produced + wanted - entries;
        if (consumed.get() >= mustBeConsumed) {
          long start = produced;
          for (int command = first; command < end; command++) {
            // Looked at under the lock: after a fence began and withdrew what was queued, nothing
            // that would time out again may be added.
            if (owners == null || owners.wants(command)) {
              writeLocked(batch.word0(command), batch.word1(command), owners);
            }
          }
          if (sync) {
            writeLocked(CommandBatch.syncWord0(), 0, owners);
          }
          carryCauseLocked(start);
          registers.write(SmmuRegister.CMDQ_PROD, produced & lapMask);
          return produced;
        }
      } finally {
        lock.unlock();
      }
      awaitConsumed(mustBeConsumed);
    }
  }

  /** The entries cannot name their cause, so that the recorder does (in the order of PROD). */
  private void carryCauseLocked(long start) {
    Recorder recorder = sched.recorder();
    if (!recorder.isOn()) {
      return;
    }
    long commands = produced - start;
    long queued = sched.record(EventKind.COMMANDS_QUEUED, commands, start & lapMask, 0, 0);
    long cause = queued == Recorder.NO_CAUSE ? sched.cause() : queued;
    for (long slot = start; slot < produced; slot++) {
      recorder.carry(Carrier.COMMAND_QUEUE, (int) slot & lapMask, cause);
    }
  }

  private void writeLocked(long word0, long word1, @Nullable AtcBatch owners) {
    atcBatches.set((int) (produced & (entries - 1)), owners);
    overwrite(produced, word0, word1);
    produced++;
  }

  private void overwrite(long slot, long word0, long word1) {
    memory.store(address(slot) + WORD_BYTES, word1);
    memory.store(address(slot), word0);
  }

  private long address(long slot) {
    return base + (slot & (entries - 1)) * CommandField.BYTES;
  }

  private void awaitConsumed(long end) {
    long deadline = sched.nanoTime() + timeoutNanos;
    for (long seen = consumed.get(); seen < end; seen = consumed.get()) {
      long before = seen;
      int index = (int) (before & lapMask);
      boolean moved =
          registers.awaitChange(
              SmmuRegister.CMDQ_CONS,
              cons -> (cons & lapMask) != index || consumed.get() != before,
              deadline);
      if (!moved) {
        throw new IllegalStateException(
            "the SMMU has not consumed command %d in %d ms: CMDQ_CONS reads 0x%x"
                .formatted(
                    before, timeoutNanos / 1_000_000, registers.read(SmmuRegister.CMDQ_CONS)));
      }
      catchUp(before);
    }
  }

  private void catchUp(long before) {
    long moved = (registers.read(SmmuRegister.CMDQ_CONS) - before) & lapMask;
    consumed.compareAndSet(before, before + moved);
  }

  // While the queue stands still because of an error, whose place CMDQ_CONS tells, software may
  // rewrite the command there and every later one (IHI 0070 4.8, 7.1). Producers may go on.

  /** The ATC invalidations before the SYNC at CMDQ_CONS, or null. */
  @Nullable AtcBatch atcBatchAt(int cons) {
    return atcBatches.get(QueueIndex.INDEX.getInt(cons) & (entries - 1));
  }

  /** Lets a command that the SMMU refuses do nothing; returns its two words. */
  String skip(int cons) {
    long slot = QueueIndex.INDEX.getInt(cons);
    long word0 = memory.load(address(slot));
    long word1 = memory.load(address(slot) + WORD_BYTES);
    overwrite(slot, CommandBatch.syncWord0(), 0);
    return "0x%016x 0x%016x".formatted(word0, word1);
  }

  /**
   * Turns the ATC invalidations of a device that are still queued into the configuration
   * invalidations that complete its fence: each would cost the queue one more time-out.
   */
  void withdrawAtcInvalidations(int cons, int streamId) {
    lock.lock();
    try {
      long first = produced - ((produced - QueueIndex.INDEX.getInt(cons)) & lapMask);
      for (long slot = first; slot < produced; slot++) {
        if (isAtcInvalidationOf(memory.load(address(slot)), streamId)) {
          CommandBatch fence = new CommandBatch().cfgiSte(streamId, true);
          overwrite(slot, fence.word0(0), fence.word1(0));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static boolean isAtcInvalidationOf(long word0, int streamId) {
    return CommandOpcode.of(word0) == CommandOpcode.ATC_INV
        && CommandField.STREAM_ID.getInt(word0) == streamId;
  }
}
