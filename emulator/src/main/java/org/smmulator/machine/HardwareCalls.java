package org.smmulator.machine;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;

/** A guest task that waits for a step on the hardware's thread. */
final class HardwareCalls {
  private final Loop loop;
  private final Execution execution;

  HardwareCalls(Loop loop, Execution execution) {
    this.loop = loop;
    this.execution = execution;
  }

  /**
   * Starts a step on the hardware's thread and parks until it hands over its answer, which may be
   * much later than the step.
   */
  long await(Consumer<LongConsumer> step) {
    Execution.Handle caller = execution.current();
    AtomicLong answer = new AtomicLong();
    AtomicBoolean answered = new AtomicBoolean();
    loop.execute(
        () ->
            step.accept(
                value -> {
                  answer.set(value);
                  answered.set(true);
                  execution.unpark(caller);
                }));
    while (!answered.get()) {
      execution.park(Long.MAX_VALUE);
    }
    return answer.get();
  }

  void post(Runnable step) {
    loop.execute(step);
  }
}
