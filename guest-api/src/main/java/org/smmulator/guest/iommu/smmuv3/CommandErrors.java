package org.smmulator.guest.iommu.smmuv3;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.register.Gerror;
import org.smmulator.arch.register.QueueIndex;
import org.smmulator.arch.register.SmmuRegister;
import org.smmulator.guest.sched.Sched;

/**
 * Serves the global error interrupt (IHI 0070 7.5), above all the errors that stop the command
 * queue. Tasks that wait for a SYNC depend on this one, so it takes no lock that they may hold, and
 * it marks the device whose invalidation failed before it acknowledges the error: the waiting task
 * goes on only after that and finds the mark.
 */
final class CommandErrors {
  private static final Logger log = LoggerFactory.getLogger(CommandErrors.class);

  private final SmmuRegisters registers;
  private final CommandQueue queue;
  private final Streams streams;
  private final InterruptTask task;

  CommandErrors(Sched sched, SmmuRegisters registers, CommandQueue queue, Streams streams) {
    this.registers = registers;
    this.queue = queue;
    this.streams = streams;
    this.task = new InterruptTask(sched, "smmu-gerror", this::serve);
  }

  InterruptTask task() {
    return task;
  }

  private void serve() {
    while (true) {
      int gerror = registers.read(SmmuRegister.GERROR);
      int active = gerror ^ registers.read(SmmuRegister.GERRORN);
      if (active == 0) {
        return;
      }
      if (Gerror.CMDQ_ERR.isSet(active)) {
        recoverCommandQueue();
      }
      if (Gerror.SFM_ERR.isSet(active)) {
        log.error("the SMMU entered service failure mode: no more accesses go through");
      }
      int others = active & ~(int) (Gerror.CMDQ_ERR.mask() | Gerror.SFM_ERR.mask());
      if (others != 0) {
        log.error("a queue or interrupt write of the SMMU aborted: GERROR bits 0x{}", hex(others));
      }
      registers.write(SmmuRegister.GERRORN, Integer.toUnsignedLong(gerror));
    }
  }

  private void recoverCommandQueue() {
    int cons = registers.read(SmmuRegister.CMDQ_CONS);
    switch (QueueIndex.ERR.getInt(cons)) {
      case QueueIndex.CERROR_ATC_INV_SYNC -> atcInvalidationsFailed(cons);
      case QueueIndex.CERROR_ABT ->
          log.error("the SMMU could not fetch the command at index 0x{}; again", hex(cons));
      default -> log.error("the SMMU refuses the command {}; skipped", queue.skip(cons));
    }
  }

  private void atcInvalidationsFailed(int cons) {
    AtcBatch batch = queue.atcBatchAt(cons);
    if (batch == null) {
      throw new IllegalStateException(
          "ATC invalidations failed before the SYNC at 0x%x, which follows none".formatted(cons));
    }
    if (batch.isOfOne()) {
      fence(batch.master(0), cons);
    } else {
      batch.fail();
    }
  }

  private void fence(Master master, int cons) {
    if (streams.beginFence(master)) {
      log.warn(
          "{} did not answer an ATC invalidation: fenced until it is detached and attached anew",
          master.device());
    }
    queue.withdrawAtcInvalidations(cons, master.streamId());
  }

  private static String hex(int value) {
    return Integer.toHexString(value);
  }
}
