package org.smmulator.vfio;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts of all sessions; thread-safe. */
public final class VfioTally {
  private final Map<VfioCounter, LongAdder> counts = new EnumMap<>(VfioCounter.class);

  public VfioTally() {
    for (VfioCounter row : VfioCounter.values()) {
      counts.put(row, new LongAdder());
    }
  }

  private LongAdder adder(VfioCounter row) {
    return Objects.requireNonNull(counts.get(row));
  }

  void count(VfioCounter row) {
    adder(row).increment();
  }

  public long of(VfioCounter row) {
    return adder(row).sum();
  }
}
