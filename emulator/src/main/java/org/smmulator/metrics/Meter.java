package org.smmulator.metrics;

import java.util.List;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.RoundTrips;

/**
 * One meter, as monitoring systems know it.
 *
 * @param name without the ending that its type gives it
 * @param unit what is counted, in the plural
 * @param meaning half a sentence
 * @param labels those of its own, beside {@code machine}
 * @param numbers reads it from a summary
 */
record Meter(
    String name, Type type, String unit, String meaning, List<String> labels, Numbers numbers) {
  /** What may be done with its numbers. */
  enum Type {
    /** Only grows. */
    COUNTER,
    GAUGE,
    /** Round trips by how long they took. */
    HISTOGRAM,
    /** Always 1; the labels say it. */
    INFO
  }

  /** Gives the numbers of one meter; one that is unknown is not there. */
  interface Numbers {
    void read(Summary summary, Samples samples);
  }

  /** Takes the numbers of one meter. */
  interface Samples {
    /**
     * One number.
     *
     * @param number or {@link Counts#UNKNOWN}
     * @param labels the values of the meter's labels, in their order
     */
    void number(long number, List<String> labels);

    /** One number as above, of a meter without labels of its own. */
    default void number(long number) {
      number(number, List.of());
    }

    /** One histogram. */
    void roundTrips(RoundTrips roundTrips, List<String> labels);
  }

  Meter {
    labels = List.copyOf(labels);
  }

  /** As it is written where it is shown. */
  String fullName() {
    return switch (type) {
      case COUNTER -> name + "_total";
      case INFO -> name + "_info";
      case GAUGE, HISTOGRAM -> name;
    };
  }
}
