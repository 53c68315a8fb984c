package org.smmulator.machine;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** How the operations of one stream ended so far; the stream counts, anybody reads. */
final class DmaOutcomes {
  /** Keys of {@code expect: {operations: ..}}. */
  static final List<String> ENDS = List.of("completed", "refused", "failed");

  private final AtomicLong over = new AtomicLong();
  private final AtomicLong completed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong unended = new AtomicLong();
  private final AtomicLong expected = new AtomicLong();

  /** Nothing more is done for an operation. */
  void over() {
    over.incrementAndGet();
  }

  void completed() {
    completed.incrementAndGet();
  }

  void refused() {
    refused.incrementAndGet();
  }

  void failed() {
    failed.incrementAndGet();
  }

  /** Of the failed ones, one that was reported as such. */
  void unended() {
    unended.incrementAndGet();
  }

  long operationsOver() {
    return over.get();
  }

  /** How many have ended so, by one of {@link #ENDS}. */
  long ended(String how) {
    return switch (how) {
      case "completed" -> completed.get();
      case "refused" -> refused.get();
      case "failed" -> failed.get();
      default -> throw new IllegalArgumentException(how);
    };
  }

  /** How many were reported that nobody has taken for expected before; they are from now on. */
  long takeUnended() {
    long reported = unended.get();
    return reported - expected.getAndSet(reported);
  }
}
