package org.smmulator.counter;

import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Counts rows of one enum while things happen; thread-safe.
 *
 * @param <R> the enum of rows
 */
public final class Tally<R extends Enum<R> & CounterRow> {
  private final Class<R> type;
  private final LongAdder[] adders;

  public Tally(Class<R> type) {
    this.type = type;
    adders =
        Stream.of(type.getEnumConstants()).map(row -> new LongAdder()).toArray(LongAdder[]::new);
  }

  /** One more. */
  public void count(R row) {
    add(row, 1);
  }

  /** So many more; less than none of a gauge. */
  public void add(R row, long amount) {
    adders[row.slot()].add(amount);
  }

  public long sum(R row) {
    return adders[row.slot()].sum();
  }

  public Counts<R> counts() {
    return Counts.of(type, this::sum);
  }
}
