package org.smmulator.device.execution;

import org.smmulator.execution.Loop;

/** Steps of one owner among all others of the loop. */
final class LoopSteps implements Steps {
  private final Loop loop;
  private boolean ended;

  LoopSteps(Loop loop) {
    this.loop = loop;
  }

  @Override
  public void add(Runnable step) {
    loop.execute(
        () -> {
          if (!ended) {
            step.run();
          }
        });
  }

  @Override
  public void end() {
    add(() -> ended = true);
  }
}
