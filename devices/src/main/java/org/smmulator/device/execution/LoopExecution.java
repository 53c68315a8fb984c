package org.smmulator.device.execution;

import java.util.function.LongSupplier;
import org.smmulator.bus.wire.WireLoop;

/**
 * Everything of a device happens on the loop that its link runs on, one step at a time, on the
 * loop's clock: on virtual time a device does all that needs no time before time moves. A model
 * that waits cannot run here; it starts its transfers ({@link
 * org.smmulator.device.DmaPort#startRead}) and is called back.
 */
public final class LoopExecution implements Execution {
  private final WireLoop loop;
  private final LongSupplier clock;

  /**
   * @param clock the loop's time in nanoseconds
   */
  public LoopExecution(WireLoop loop, LongSupplier clock) {
    this.loop = loop;
    this.clock = clock;
  }

  @Override
  public long nanoTime() {
    return clock.getAsLong();
  }

  @Override
  public Steps steps(String name) {
    return new LoopSteps(loop);
  }

  @Override
  public Handle spawn(String name, Runnable body) {
    throw waiting();
  }

  @Override
  public Handle current() {
    throw waiting();
  }

  @Override
  public void park(long deadlineNanos) {
    throw waiting();
  }

  @Override
  public void unpark(Handle task) {
    throw waiting();
  }

  private static IllegalStateException waiting() {
    return new IllegalStateException("a device on a loop has no tasks, and must not wait");
  }

  /** Steps of one owner among all others of the loop. */
  private static final class LoopSteps implements Steps {
    private final WireLoop loop;
    private boolean ended;

    LoopSteps(WireLoop loop) {
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
}
