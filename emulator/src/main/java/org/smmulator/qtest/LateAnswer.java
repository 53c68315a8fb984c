package org.smmulator.qtest;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Asks the hardware something, and waits. Only a device in another process may take longer than the
 * hardware needs to become idle; after some real time it is not waited for any more, whoever
 * measures the time: the root complex on real time, and this port where virtual time stands still.
 */
final class LateAnswer {
  /** There is no answer. */
  static final long NONE = -1;

  private LateAnswer() {}

  static long ask(HarnessMachine machine, Consumer<LongConsumer> question) throws CommandException {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    machine.hardware().run(() -> question.accept(answer::complete));
    try {
      return answer.get(machine.patienceNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return NONE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandException.failed("the machine stops");
    } catch (ExecutionException e) {
      throw new IllegalStateException("the hardware failed", e.getCause());
    }
  }
}
