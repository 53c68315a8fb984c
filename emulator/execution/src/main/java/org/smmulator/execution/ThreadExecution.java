package org.smmulator.execution;

import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tasks as Java daemon threads on wall-clock time. Any thread may use it and counts as a task. */
public final class ThreadExecution implements Execution {
  private static final Logger log = LoggerFactory.getLogger(ThreadExecution.class);
  private static final ThreadLocal<ThreadHandle> CURRENT =
      ThreadLocal.withInitial(ThreadHandle::ofCurrentThread);

  private final WallClock clock;
  private final Set<ThreadHandle> tasks = ConcurrentHashMap.newKeySet();
  private volatile boolean over;

  public ThreadExecution() {
    this(new WallClock());
  }

  public ThreadExecution(WallClock clock) {
    this.clock = clock;
  }

  @Override
  public long nanoTime() {
    return clock.nanoTime();
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    ThreadHandle handle = new ThreadHandle(name);
    Thread thread =
        new Thread(
            () -> {
              handle.thread = Thread.currentThread();
              handle.isTask = true;
              CURRENT.set(handle);
              try {
                body.run();
              } finally {
                tasks.remove(handle);
              }
            },
            name);
    tasks.add(handle);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((t, thrown) -> failed(name, thrown));
    thread.start();
    return handle;
  }

  private void failed(String task, Throwable thrown) {
    if (over) {
      log.debug("task {} ended with what it worked on", task, thrown);
    } else {
      log.error("task {} failed", task, thrown);
    }
  }

  /**
   * What the tasks work on is about to be taken away: that they fail from now on is no news, and
   * those that wait, or ask for a {@link #yieldPoint}, end there.
   */
  public void end() {
    over = true;
    tasks.forEach(task -> LockSupport.unpark(task.thread));
  }

  private void throwIfOver(ThreadHandle task) {
    if (over && task.isTask) {
      throw new CancellationException("what the task worked on is gone");
    }
  }

  @Override
  public Handle current() {
    return CURRENT.get();
  }

  @Override
  public void park(long deadlineNanos) {
    CURRENT.get().park(this, deadlineNanos);
  }

  @Override
  public void unpark(Handle task) {
    ((ThreadHandle) task).unpark();
  }

  @Override
  public boolean spin() {
    Thread.onSpinWait();
    return true;
  }

  @Override
  public void yieldPoint() {
    // Threads are preempted anywhere. Threads of others may look at what is left.
    throwIfOver(CURRENT.get());
  }

  private static final class ThreadHandle implements Handle {
    private final String name;
    private final AtomicBoolean permit = new AtomicBoolean();
    private volatile @Nullable Thread thread;
    private volatile boolean isTask;

    ThreadHandle(String name) {
      this.name = name;
    }

    static ThreadHandle ofCurrentThread() {
      ThreadHandle handle = new ThreadHandle(Thread.currentThread().getName());
      handle.thread = Thread.currentThread();
      return handle;
    }

    @Override
    public String name() {
      return name;
    }

    void unpark() {
      permit.set(true);
      LockSupport.unpark(thread);
    }

    void park(ThreadExecution execution, long deadlineNanos) {
      boolean interrupted = false;
      while (!permit.getAndSet(false)) {
        execution.throwIfOver(this);
        if (deadlineNanos == Long.MAX_VALUE) {
          LockSupport.park(execution);
        } else {
          long left = deadlineNanos - execution.nanoTime();
          if (left <= 0) {
            break;
          }
          LockSupport.parkNanos(execution, left);
        }
        // Kernel waits cannot be interrupted; the owner of the thread finds the mark afterwards.
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
