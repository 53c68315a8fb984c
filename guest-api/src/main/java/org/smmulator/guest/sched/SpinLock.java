package org.smmulator.guest.sched;

/**
 * A lock whose holder may not sleep; never recursive. The time it is held is short or, while
 * waiting for a register, bounded by that wait's deadline.
 */
public final class SpinLock {
  private final Sched sched;
  private final LockClass lockClass;
  private final TaskLock lock;

  SpinLock(Sched sched, LockClass lockClass) {
    this.sched = sched;
    this.lockClass = lockClass;
    this.lock = new TaskLock(sched, lockClass);
  }

  public void lock() {
    Task me = sched.current();
    lock.acquire(me);
    me.takesSpinLock(lockClass);
  }

  public void unlock() {
    Task me = sched.current();
    me.releasesSpinLock(lockClass);
    lock.release(me);
  }

  public boolean isHeldByCurrent() {
    return lock.isHeldBy(sched.current());
  }

  public void assertHeld() {
    lock.assertHeldBy(sched.current());
  }
}
