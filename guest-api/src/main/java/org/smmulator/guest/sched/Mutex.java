package org.smmulator.guest.sched;

/** A lock whose holder may sleep; never recursive, not to be taken in atomic context. */
public final class Mutex {
  private final Sched sched;
  private final LockClass lockClass;
  private final TaskLock lock;

  Mutex(Sched sched, LockClass lockClass) {
    this.sched = sched;
    this.lockClass = lockClass;
    this.lock = new TaskLock(sched, lockClass);
  }

  public void lock() {
    Task me = sched.current();
    me.assertMaySleep("mutex '" + lockClass + "'");
    lock.acquire(me);
    me.takes(lockClass);
  }

  /**
   * As {@link #lock}, but gives up if the task is killed before or while it waits; the mutex is not
   * held then.
   */
  public void lockKillable() throws TaskKilled {
    Task me = sched.current();
    me.assertMaySleep("mutex '" + lockClass + "'");
    lock.acquireKillable(me);
    me.takes(lockClass);
  }

  public void unlock() {
    Task me = sched.current();
    me.releases(lockClass);
    lock.release(me);
  }

  public boolean isHeldByCurrent() {
    return lock.isHeldBy(sched.current());
  }

  public void assertHeld() {
    lock.assertHeldBy(sched.current());
  }
}
