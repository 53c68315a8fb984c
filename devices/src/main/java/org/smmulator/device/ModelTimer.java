package org.smmulator.device;

import org.jspecify.annotations.Nullable;
import org.smmulator.execution.Loop;
import org.smmulator.execution.Loop.Timer;

/**
 * A timer of a model: expires on the link's loop, and calls back on the BAR task. The loop's own
 * timer is set and cancelled by steps of the loop, which may be another task's than the model's.
 */
final class ModelTimer implements Timer {
  private final Loop loop;
  private final Runnable step;
  private volatile boolean cancelled;

  /** The loop's alone. */
  private @Nullable Timer onLoop;

  private ModelTimer(Loop loop, Runnable step) {
    this.loop = loop;
    this.step = step;
  }

  static ModelTimer start(Loop loop, ModelTask task, Runnable step, long delayNanos) {
    ModelTimer timer = new ModelTimer(loop, step);
    timer.inLoop(() -> timer.set(task, delayNanos));
    return timer;
  }

  private void inLoop(Runnable action) {
    if (loop.inLoop()) {
      action.run();
    } else {
      loop.execute(action);
    }
  }

  private void set(ModelTask task, long delayNanos) {
    if (!cancelled) {
      onLoop = loop.schedule(() -> task.callBack(this::expired), delayNanos);
    }
  }

  /** Between expiry and the call a cancel still counts. */
  private void expired() {
    if (!cancelled) {
      step.run();
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
    inLoop(
        () -> {
          if (onLoop != null) {
            onLoop.cancel();
          }
        });
  }
}
