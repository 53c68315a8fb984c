package org.smmulator.execution;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads for the tasks of one run after another, since starting a thread takes as long as a short
 * run. Within a run each task has a thread of its own that no other task of the run had before: a
 * program's thread-local state does not outlive its task. Runs share threads one after the other,
 * never at the same time.
 */
public final class TaskThreads implements AutoCloseable {
  /** What programs leave in thread-local variables goes with the thread. */
  private static final int RUNS_OF_A_THREAD = 50;

  private final boolean kept;
  private final ThreadFactory factory;
  private final Deque<Worker> idle = new ArrayDeque<>();
  private final Deque<Worker> done = new ArrayDeque<>();
  private int runs;

  /** A thread that runs a body to its end, and waits for the next. */
  static final class Worker {
    private final Thread thread;
    private boolean started;
    private String name = "task";
    private volatile @Nullable Runnable body;
    private volatile boolean closed;

    Worker(ThreadFactory factory) {
      thread = factory.newThread(this::work);
    }

    Thread thread() {
      return thread;
    }

    void run(String taskName, Runnable taskBody) {
      name = taskName;
      body = taskBody;
      if (started) {
        LockSupport.unpark(thread);
      } else {
        // Before the start: the thread may end the run, and be taken for the next, while start()
        // has not yet returned to the task that ends here.
        started = true;
        thread.setDaemon(true);
        thread.start();
      }
    }

    private void work() {
      while (true) {
        Runnable next = body;
        if (next != null) {
          body = null;
          thread.setName(name);
          next.run();
        } else if (closed) {
          return;
        } else {
          LockSupport.park(this);
          // Nobody interrupts a task; left set, the mark would turn this wait into a spin.
          Thread.interrupted();
        }
      }
    }

    private void close() {
      closed = true;
      LockSupport.unpark(thread);
    }
  }

  public TaskThreads() {
    this(true, Thread::new);
  }

  TaskThreads(boolean kept, ThreadFactory factory) {
    this.kept = kept;
    this.factory = factory;
  }

  /** Each thread ends with its task. */
  static TaskThreads ofOneRun() {
    return new TaskThreads(false, Thread::new);
  }

  /** For one task. */
  Worker take() {
    Worker worker = idle.pollLast();
    return worker == null ? new Worker(factory) : worker;
  }

  /** Its task is ending; no other one of this run gets it. */
  void ends(Worker worker) {
    if (kept) {
      done.addLast(worker);
    } else {
      worker.close();
    }
  }

  void endOfRun() {
    idle.addAll(done);
    done.clear();
    if (++runs % RUNS_OF_A_THREAD == 0) {
      close();
    }
  }

  /** The threads end; a run that follows gets new ones. */
  @Override
  public void close() {
    idle.forEach(Worker::close);
    idle.clear();
  }
}
