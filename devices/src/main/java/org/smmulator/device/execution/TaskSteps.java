package org.smmulator.device.execution;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.smmulator.execution.Execution;

/** Steps that a task of their own takes, and waits for. */
final class TaskSteps implements Steps {
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final Signal signal;
  private volatile boolean ended;

  TaskSteps(Execution execution, String name) {
    this.signal = new Signal(execution);
    execution.spawn(name, this::run);
  }

  @Override
  public void add(Runnable step) {
    waiting.add(step);
    signal.raise();
  }

  @Override
  public void end() {
    add(() -> ended = true);
  }

  private void run() {
    while (!ended) {
      signal.await(() -> !waiting.isEmpty());
      waiting.remove().run();
    }
  }
}
