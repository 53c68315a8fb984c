package org.smmulator.guest.sched;

import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.ThreadExecution;

/** The ways to run a test body: once on Java threads, and in orders drawn from seeds. */
final class Runs {
  /** One way to run a body as a task. */
  interface Run {
    void with(Consumer<Sched> body);
  }

  private static final int ORDERS = 100;

  private Runs() {}

  static Stream<Named<Run>> threadsAndOrders() {
    Run threads = body -> body.accept(new Sched(new ThreadExecution()));
    Run orders =
        body ->
            seeds(ORDERS)
                .forEach(
                    seed -> {
                      DeterministicExecution execution = new DeterministicExecution(seed);
                      execution.run(() -> body.accept(new Sched(execution)));
                    });
    return Stream.of(Named.of("threads", threads), Named.of("orders", orders));
  }

  /** The first so many seeds, or the one of -Dsmmulator.seed. */
  static LongStream seeds(int count) {
    Long only = Long.getLong("smmulator.seed");
    return only == null ? LongStream.range(0, count) : LongStream.of(only);
  }
}
