package org.smmulator.counter;

import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.ObjLongConsumer;
import java.util.function.ToLongFunction;

/**
 * The counts of all rows of one enum at one moment; immutable.
 *
 * @param <R> the enum of rows
 */
public final class Counts<R extends Enum<R> & CounterRow> {
  /** Stands for a count that nobody has reported; none is negative. */
  public static final long UNKNOWN = -1;

  private final List<R> rows;
  private final long[] values;

  private Counts(Class<R> type, ToLongFunction<R> count) {
    rows = List.of(type.getEnumConstants());
    values = rows.stream().mapToLong(count).toArray();
  }

  /** Asks for the count of each row. */
  public static <R extends Enum<R> & CounterRow> Counts<R> of(
      Class<R> type, ToLongFunction<R> count) {
    return new Counts<>(type, count);
  }

  /** Of something that has not begun. */
  public static <R extends Enum<R> & CounterRow> Counts<R> zero(Class<R> type) {
    return new Counts<>(type, row -> 0);
  }

  /** Of something that reports nothing. */
  public static <R extends Enum<R> & CounterRow> Counts<R> unknown(Class<R> type) {
    return new Counts<>(type, row -> UNKNOWN);
  }

  /** The count of a row, or {@link #UNKNOWN}. */
  public long of(R row) {
    return values[row.slot()];
  }

  /** Every row in its order. */
  public void forEach(ObjLongConsumer<R> action) {
    rows.forEach(row -> action.accept(row, of(row)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Counts<?> counts
        && rows.equals(counts.rows)
        && Arrays.equals(values, counts.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringJoiner all = new StringJoiner(", ", "[", "]");
    forEach((row, count) -> all.add(row.name() + " " + count));
    return all.toString();
  }
}
