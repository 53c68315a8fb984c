package org.smmulator.device;

import org.smmulator.execution.Loop;
import org.smmulator.execution.Loop.Timer;

/** A timer of a model: expires on the link's loop, and calls back on the BAR task. */
final class ModelTimer implements Timer {
  private final Timer onLoop;
  private final Call call;

  private ModelTimer(Timer onLoop, Call call) {
    this.onLoop = onLoop;
    this.call = call;
  }

  static ModelTimer start(Loop loop, ModelTask task, Runnable step, long delayNanos) {
    Call call = new Call(step);
    return new ModelTimer(loop.schedule(() -> task.callBack(call), delayNanos), call);
  }

  @Override
  public void cancel() {
    call.cancelled = true;
    onLoop.cancel();
  }

  /** Between expiry and the call a cancel still counts. */
  private static final class Call implements Runnable {
    private final Runnable step;
    private volatile boolean cancelled;

    Call(Runnable step) {
      this.step = step;
    }

    @Override
    public void run() {
      if (!cancelled) {
        step.run();
      }
    }
  }
}
