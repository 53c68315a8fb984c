package org.smmulator.execution;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * A loop that is a task: it runs its steps, and waits for the next one or for the next deadline.
 * Other tasks may run between any two of its steps. A step that throws ends the task, as any other
 * task that throws.
 */
public final class TaskLoop implements Loop {
  private final Execution execution;
  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final Timers timers = new Timers();
  private volatile Execution.@Nullable Handle task;
  private volatile @Nullable Thread runner;
  private volatile boolean ended;

  private TaskLoop(Execution execution) {
    this.execution = execution;
  }

  /** Starts a loop as a task of that name. */
  public static TaskLoop start(Execution execution, String name) {
    TaskLoop loop = new TaskLoop(execution);
    execution.spawn(name, loop::run);
    return loop;
  }

  @Override
  public long nanoTime() {
    return execution.nanoTime();
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
    wake();
  }

  @Override
  public Timer schedule(Runnable step, long delayNanos) {
    if (!inLoop()) {
      throw new IllegalStateException("timers are set by steps of the loop");
    }
    return timers.set(step, nanoTime(), delayNanos);
  }

  @Override
  public boolean inLoop() {
    return Thread.currentThread() == runner;
  }

  /** Ends the task after the step that is running; what waits is not run any more. */
  public void end() {
    ended = true;
    wake();
  }

  /** A loop that has not begun yet looks by itself. */
  private void wake() {
    Execution.Handle waiting = task;
    if (waiting != null && !inLoop()) {
      execution.unpark(waiting);
    }
  }

  private void run() {
    runner = Thread.currentThread();
    task = execution.current();
    while (!ended) {
      Runnable step = next();
      if (step == null) {
        execution.park(timers.next());
      } else {
        step.run();
        execution.yieldPoint();
      }
    }
  }

  /** What has arrived comes before what is due. */
  private @Nullable Runnable next() {
    Runnable step = steps.poll();
    return step == null ? timers.poll(nanoTime()) : step;
  }
}
