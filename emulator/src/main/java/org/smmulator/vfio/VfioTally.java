package org.smmulator.vfio;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of all sessions; thread-safe. */
public final class VfioTally {
  private final AtomicLongArray counts = new AtomicLongArray(VfioCounter.values().length);

  void count(VfioCounter row) {
    counts.incrementAndGet(row.ordinal());
  }

  public long of(VfioCounter row) {
    return counts.get(row.ordinal());
  }
}
