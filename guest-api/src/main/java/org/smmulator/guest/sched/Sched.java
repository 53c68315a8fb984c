package org.smmulator.guest.sched;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.smmulator.arch.port.FailureObserver;
import org.smmulator.execution.Execution;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

/**
 * The kernel's primitives over one execution. Each task must run on a Java thread of its own; a
 * thread that the execution did not start becomes a task when it first uses a primitive.
 *
 * <p>Lock order is checked always: the kernel's own locks are taken in the order of {@link
 * LockOrder}; the names given to other locks are their classes, and two classes must not be taken
 * in both orders, nor one class twice by one task.
 */
public final class Sched {
  private final Execution execution;
  private final Recorder recorder;
  private final FailureObserver failures;
  private final ConcurrentMap<String, LockClass> lockClasses = new ConcurrentHashMap<>();

  @SuppressWarnings("ThreadLocalUsage") // one kernel, one set of tasks
  private final ThreadLocal<Task> running = new ThreadLocal<>();

  /** A kernel whose doings nobody records. */
  public Sched(Execution execution) {
    this(execution, Recorder.OFF);
  }

  public Sched(Execution execution, Recorder recorder) {
    this(execution, recorder, FailureObserver.NOBODY);
  }

  /**
   * @param failures told of what {@link #kernelFailed} is
   */
  public Sched(Execution execution, Recorder recorder, FailureObserver failures) {
    this.execution = execution;
    this.recorder = recorder;
    this.failures = failures;
  }

  /** What {@link #begin} returns if nobody wants the event: then nobody is told its end either. */
  public static final long NOT_BEGUN = -1;

  // The story. A task does what it does because of the event that it began last and that is not
  // over, or of what began the work that it was given.

  /** Whether events of a kind are wanted. Who makes names for one asks this first. */
  public boolean records(EventKind kind) {
    return recorder.records(kind);
  }

  /** The number of a name, for the events of {@link #record}. */
  public int name(String name) {
    return recorder.name(name);
  }

  public Recorder recorder() {
    return recorder;
  }

  /** Records an event of the running task, if it is wanted. */
  public long record(EventKind kind, long a, long b, long c, long d) {
    if (!recorder.records(kind)) {
      return Recorder.NO_CAUSE;
    }
    Task me = current();
    return recorder.record(kind, execution.nanoTime(), me.nameNumber(), me.cause(), a, b, c, d);
  }

  /**
   * As above; and until {@link #end} the event is the cause of what the task does.
   *
   * @return to be given to {@link #end}
   */
  public long begin(EventKind kind, long a, long b, long c, long d) {
    if (!recorder.records(kind)) {
      return NOT_BEGUN;
    }
    long outer = current().cause();
    current().causedBy(record(kind, a, b, c, d));
    return outer;
  }

  /**
   * The end of what began last. Recording may have been turned on or off since.
   *
   * @param outer what the beginning returned
   */
  public void end(EventKind kind, long outer, long a, long b) {
    if (outer != NOT_BEGUN) {
      record(kind, a, b, 0, 0);
      current().causedBy(outer);
    }
  }

  /** Why the running task does what it does; for work that it gives to others. */
  public long cause() {
    Task me = recorder.isOn() ? running.get() : null;
    return me == null ? Recorder.NO_CAUSE : me.cause();
  }

  /** From now on the running task works on what this event began. */
  public void causedBy(long cause) {
    if (recorder.isOn()) {
      current().causedBy(cause);
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
    task.causedBy(cause());
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

  /** A lock of the kernel. */
  public SpinLock spinLock(LockOrder place) {
    return new SpinLock(this, lockClass(place.lockClass(), place));
  }

  /** A lock of a program: its class is its name, and has no place in the kernel's order. */
  public SpinLock spinLock(String lockClass) {
    return new SpinLock(this, lockClass(lockClass, null));
  }

  /** A lock of the kernel. */
  public Mutex mutex(LockOrder place) {
    return new Mutex(this, lockClass(place.lockClass(), place));
  }

  /** A lock of a program: its class is its name, and has no place in the kernel's order. */
  public Mutex mutex(String lockClass) {
    return new Mutex(this, lockClass(lockClass, null));
  }

  public WaitQueue waitQueue(String name) {
    return new WaitQueue(this, name);
  }

  /** A worker of the kernel, which is waited for in its place. */
  public WorkQueue workQueue(LockOrder place) {
    return workQueue(place, place.lockClass());
  }

  /** One of several workers that have one place. */
  public WorkQueue workQueue(LockOrder place, String name) {
    return workQueue(name, place);
  }

  public WorkQueue workQueue(String name) {
    return workQueue(name, null);
  }

  private WorkQueue workQueue(String name, @Nullable LockOrder place) {
    return new WorkQueue(this, name, lockClass("worker of " + name, place));
  }

  /** An SRCU domain of the kernel: its readers, grace periods and callbacks have one place. */
  public Srcu srcu(LockOrder place) {
    return srcu(place.lockClass(), place);
  }

  public Srcu srcu(String name) {
    return srcu(name, null);
  }

  private Srcu srcu(String name, @Nullable LockOrder place) {
    Mutex grace = new Mutex(this, lockClass(name + " grace period", place));
    WorkQueue callbacks = workQueue(name + " callbacks", place);
    return new Srcu(this, name, lockClass("readers of " + name, place), grace, callbacks);
  }

  /** What the running task may do. */
  public Context context() {
    return current().context();
  }

  /** Throws IllegalStateException in atomic context; {@code what} names what would sleep. */
  public void assertMaySleep(String what) {
    current().assertMaySleep(what);
  }

  /** For calls of programs: those of a task that was killed do not come back. */
  public void throwIfKilled() {
    Task me = current();
    if (me.isKilled()) {
      throw new FatalSignal(me.name());
    }
  }

  /**
   * To be called first by whoever catches everything that a callback may throw: if the execution is
   * being ended, what was caught unwinds the task, and is thrown again.
   */
  public void throwIfEnding() {
    execution.yieldPoint();
  }

  /**
   * A part of the kernel has thrown what it must not, and the kernel goes on without it.
   *
   * @param sentence who failed of what, and how
   */
  public void kernelFailed(String sentence) {
    failures.kernelFailed(sentence);
  }

  private LockClass lockClass(String name, @Nullable LockOrder place) {
    LockClass made = lockClasses.computeIfAbsent(name, n -> new LockClass(n, place));
    if (made.place() != place) {
      throw new IllegalArgumentException(
          "locks named '%s' stand at %s, not at %s".formatted(name, made.place(), place));
    }
    return made;
  }
}
