package org.smmulator.guest.sched;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.smmulator.execution.EventLog;
import org.smmulator.execution.Execution;

/**
 * The kernel's primitives over one execution. Each task must run on a Java thread of its own; a
 * thread that the execution did not start becomes a task when it first uses a primitive.
 *
 * <p>Lock order is checked always: the names given to locks are their classes, and two classes must
 * not be taken in both orders, nor one class twice by one task.
 */
public final class Sched {
  private final Execution execution;
  private final EventLog events;
  private final ConcurrentMap<String, LockClass> lockClasses = new ConcurrentHashMap<>();

  @SuppressWarnings("ThreadLocalUsage") // one kernel, one set of tasks
  private final ThreadLocal<Task> running = new ThreadLocal<>();

  /** A kernel whose doings nobody records. */
  public Sched(Execution execution) {
    this(execution, EventLog.OFF);
  }

  public Sched(Execution execution, EventLog events) {
    this.execution = execution;
    this.events = events;
  }

  /** Puts what the running task does on record, if somebody wants to know. */
  public void record(Supplier<String> what) {
    if (events.isOn()) {
      events.record(execution.nanoTime(), current().name(), what.get());
    }
  }

  public Execution execution() {
    return execution;
  }

  /** Monotonic time of the execution, in nanoseconds. */
  public long nanoTime() {
    return execution.nanoTime();
  }

  /** Sleeps at least so long. */
  public void sleep(long nanos) {
    assertMaySleep("sleep");
    long deadline = execution.nanoTime() + nanos;
    while (execution.nanoTime() < deadline) {
      execution.park(deadline);
    }
  }

  public Task spawn(String name, Runnable body) {
    Task task = new Task(this, name);
    execution.spawn(
        name,
        () -> {
          running.set(task);
          task.runsAs(execution.current());
          task.run(body);
        });
    return task;
  }

  public Task current() {
    Task task = running.get();
    if (task == null) {
      Execution.Handle handle = execution.current();
      task = new Task(this, handle.name());
      task.runsAs(handle);
      running.set(task);
    }
    return task;
  }

  public SpinLock spinLock(String lockClass) {
    return new SpinLock(this, lockClass(lockClass));
  }

  public Mutex mutex(String lockClass) {
    return new Mutex(this, lockClass(lockClass));
  }

  public WaitQueue waitQueue(String name) {
    return new WaitQueue(this, name);
  }

  public WorkQueue workQueue(String name) {
    return new WorkQueue(this, name, lockClass("worker of " + name));
  }

  public Srcu srcu(String name) {
    return new Srcu(this, name, lockClass("readers of " + name));
  }

  /** What the running task may do. */
  public Context context() {
    return current().context();
  }

  /** Throws IllegalStateException in atomic context; {@code what} names what would sleep. */
  public void assertMaySleep(String what) {
    current().assertMaySleep(what);
  }

  /**
   * To be called first by whoever catches everything that a callback may throw: if the execution is
   * being ended, what was caught unwinds the task, and is thrown again.
   */
  public void throwIfEnding() {
    execution.yieldPoint();
  }

  private LockClass lockClass(String name) {
    return lockClasses.computeIfAbsent(name, LockClass::new);
  }
}
