package org.smmulator.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.smmulator.metrics.CounterColumns;
import org.smmulator.metrics.Summary;

/**
 * Samples of a machine's counters. The last {@value #FINE} are all there; of those up to twice as
 * old every second one, of those up to four times as old every fourth, and so on, the first one
 * included: a day of four samples a second are some 1,300. Thread-safe.
 */
public final class History {
  static final int FINE = 200;

  /**
   * One sample.
   *
   * @param number how many were taken before
   * @param nanos time of the run
   * @param values of the columns that there were then, by their numbers
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Sample(long number, long nanos, long[] values) {
    long value(int column) {
      return column < values.length ? values[column] : 0;
    }
  }

  /**
   * All samples as columns.
   *
   * @param nanos the time of each
   * @param columns values by name; those that were 0 all the time are left out
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Table(long[] nanos, Map<String, long[]> columns) {}

  private final Map<String, Integer> numbers = new LinkedHashMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private long taken;

  /** Adds a sample, in place of one of the same time. */
  public synchronized void add(long nanos, Summary summary) {
    long[] values = new long[numbers.size()];
    long[][] grown = {values};
    CounterColumns.forEach(
        summary,
        (name, value) -> {
          int number = numbers.computeIfAbsent(name, n -> numbers.size());
          if (number >= grown[0].length) {
            grown[0] = Arrays.copyOf(grown[0], Math.max(64, 2 * number));
          }
          grown[0][number] = value;
        });
    if (!samples.isEmpty() && last().nanos >= nanos) {
      taken = last().number;
      samples.remove(samples.size() - 1);
    }
    samples.add(new Sample(taken++, nanos, Arrays.copyOf(grown[0], numbers.size())));
    if (taken % FINE == 0) {
      samples.removeIf(sample -> sample.number % stride(taken - sample.number) != 0);
    }
  }

  /** Of samples of an age one in so many is kept; a power of two. */
  private static long stride(long age) {
    return age <= FINE ? 1 : 2 * Long.highestOneBit((age - 1) / FINE);
  }

  private Sample last() {
    return samples.get(samples.size() - 1);
  }

  /**
   * The samples after a time, the last one included; those between it and the first are dropped if
   * there are too many.
   */
  synchronized List<Sample> after(long nanos, int most) {
    int first = samples.size();
    while (first > 0 && samples.get(first - 1).nanos > nanos) {
      first--;
    }
    int there = samples.size() - first;
    int taken = Math.min(there, most);
    List<Sample> some = new ArrayList<>();
    for (int i = 1; i <= taken; i++) {
      some.add(samples.get(first - 1 + (int) ((long) there * i / taken)));
    }
    return some;
  }

  /**
   * What is other in a sample than in an earlier one.
   *
   * @param earlier null for nothing but zeros
   * @return new values, by the names of their columns
   */
  synchronized Map<String, Long> changes(@Nullable Sample earlier, Sample sample) {
    Map<String, Long> changed = new LinkedHashMap<>();
    numbers.forEach(
        (name, number) -> {
          long before = earlier == null ? 0 : earlier.value(number);
          if (sample.value(number) != before) {
            changed.put(name, sample.value(number));
          }
        });
    return changed;
  }

  /** Everything that is kept. */
  public Table table() {
    List<Sample> all;
    Map<String, Integer> names;
    synchronized (this) {
      all = List.copyOf(samples);
      names = new LinkedHashMap<>(numbers);
    }
    Map<String, long[]> columns = new LinkedHashMap<>();
    names.forEach(
        (name, number) -> {
          long[] column = all.stream().mapToLong(sample -> sample.value(number)).toArray();
          if (Arrays.stream(column).anyMatch(value -> value != 0)) {
            columns.put(name, column);
          }
        });
    return new Table(all.stream().mapToLong(Sample::nanos).toArray(), columns);
  }
}
