package org.smmulator.device.execution;

import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;

/** Steps of one owner, which run one at a time in the order in which they were added. */
public interface Steps {
  /** Adds a step, from any thread. */
  void add(Runnable step);

  /** What was added before still runs, what is added later does not. */
  void end();

  /** Steps that a task of their own takes; the name is for people who look at tasks. */
  static Steps onTask(Execution execution, String name) {
    return new TaskSteps(execution, name);
  }

  /** Steps among all others of a loop. */
  static Steps onLoop(Loop loop) {
    return new LoopSteps(loop);
  }
}
