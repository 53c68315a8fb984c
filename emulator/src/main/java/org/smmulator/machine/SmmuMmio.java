package org.smmulator.machine;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.smmulator.arch.port.Mmio;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.Region;
import org.smmulator.memory.Target;

/**
 * The SMMU's register window as guest tasks use it. Writes are posted to the hardware's thread;
 * reads wait for the task's own writes and then load what the SMMU published, so that polling costs
 * the hardware nothing.
 */
final class SmmuMmio implements Mmio {
  /** One task's writes; a task is a Java thread in both executions. */
  private static final class Posted {
    /** Written by the task alone. */
    private long given;

    /** Written by the hardware's thread alone. */
    private volatile long applied;
  }

  /** Turns on the spot before a waiting task parks: a short command queue is done by then. */
  private static final int SPINS = 200;

  private final Loop loop;
  private final Execution execution;
  private final Target.Now registers;
  private final ThreadLocal<Posted> posted = ThreadLocal.withInitial(Posted::new);
  private final Queue<Execution.Handle> waiters = new ConcurrentLinkedQueue<>();

  /**
   * @param base where an SMMU lies in the address map
   */
  SmmuMmio(Loop loop, Execution execution, AddressMap map, long base) {
    Region region = map.find(base, Integer.BYTES);
    if (region == null || !(region.target() instanceof Target.Now now)) {
      throw new IllegalArgumentException(String.format("no SMMU at 0x%x", base));
    }
    this.loop = loop;
    this.execution = execution;
    this.registers = now;
  }

  @Override
  public long read(long offset, int sizeBytes) {
    awaitOwnWrites();
    return registers.read(offset, sizeBytes);
  }

  @Override
  public void write(long offset, int sizeBytes, long value) {
    Posted mine = posted.get();
    mine.given++;
    loop.execute(
        () -> {
          registers.write(offset, sizeBytes, value);
          publish(mine);
        });
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void publish(Posted task) {
    task.applied++;
    wakeWaiters();
  }

  @Override
  public boolean awaitChange(long offset, IntPredicate until, long deadlineNanos) {
    awaitOwnWrites();
    for (int i = 0; i < SPINS && execution.spin(); i++) {
      if (until.test((int) registers.read(offset, 4))) {
        return true;
      }
    }
    Execution.Handle me = execution.current();
    while (true) {
      waiters.add(me);
      if (until.test((int) registers.read(offset, 4))) {
        waiters.remove(me);
        return true;
      }
      if (execution.nanoTime() >= deadlineNanos) {
        waiters.remove(me);
        return false;
      }
      execution.park(deadlineNanos);
      waiters.remove(me);
    }
  }

  /**
   * On the hardware's thread, after a register that software polls has changed. Wakes those who
   * wait now: one who finds that the change is not what it waits for waits again, and if it runs
   * before the hardware goes on, would be woken for ever.
   */
  void wakeWaiters() {
    for (int left = waiters.size(); left > 0; left--) {
      Execution.Handle waiter = waiters.poll();
      if (waiter == null) {
        return;
      }
      execution.unpark(waiter);
    }
  }

  private void awaitOwnWrites() {
    Posted mine = posted.get();
    if (mine.applied == mine.given) {
      return;
    }
    Execution.Handle me = execution.current();
    while (mine.applied != mine.given) {
      waiters.add(me);
      if (mine.applied == mine.given) {
        break;
      }
      execution.park(Long.MAX_VALUE);
    }
    waiters.remove(me);
  }
}
