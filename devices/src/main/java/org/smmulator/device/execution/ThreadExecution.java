package org.smmulator.device.execution;

import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tasks are Java daemon threads, time is the wall clock. */
public final class ThreadExecution implements Execution {
  private static final Logger log = LoggerFactory.getLogger(ThreadExecution.class);

  private record ThreadHandle(Thread thread) implements Handle {
    @Override
    public String name() {
      return thread.getName();
    }
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((t, e) -> log.error("device task {} died", t.getName(), e));
    thread.start();
    return new ThreadHandle(thread);
  }

  @Override
  public Handle current() {
    return new ThreadHandle(Thread.currentThread());
  }

  @Override
  public void park(long deadlineNanos) {
    if (deadlineNanos == Long.MAX_VALUE) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, deadlineNanos - System.nanoTime());
    }
  }

  @Override
  public void unpark(Handle task) {
    LockSupport.unpark(((ThreadHandle) task).thread());
  }
}
