package org.smmulator.metrics;

import org.jspecify.annotations.Nullable;

/** Round trips of one device in nanoseconds; null if there was none of the kind. */
public record Latencies(
    @Nullable Percentiles translationRequest,
    @Nullable Percentiles invalidation,
    @Nullable Percentiles pageRequest) {
  public static final Latencies UNKNOWN = new Latencies(null, null, null);

  /** Nanoseconds that half and 99 of 100 round trips did not exceed. */
  public record Percentiles(long p50, long p99) {}
}
