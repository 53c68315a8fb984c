package org.smmulator.pcie.ledger;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.time.HardwareLoop;

/**
 * The violations of one machine: the first ones in full, all of them counted. Each is a warning in
 * the log, a few per second at most. Used on the hardware loop only.
 */
public final class ViolationLog {
  private static final Logger LOG = LoggerFactory.getLogger(ViolationLog.class);
  private static final int LINES_PER_SECOND = 10;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final HardwareLoop loop;
  private final int capacity;
  private final List<Violation> first = new ArrayList<>();
  private final Map<Violation.Kind, Long> counts = new EnumMap<>(Violation.Kind.class);
  private long windowStart;
  private int linesInWindow;
  private long suppressed;

  public ViolationLog(HardwareLoop loop, int capacity) {
    this.loop = loop;
    this.capacity = capacity;
    this.windowStart = loop.nanoTime();
  }

  public void record(Violation violation) {
    counts.merge(violation.kind(), 1L, Long::sum);
    if (first.size() < capacity) {
      first.add(violation);
    }
    log(violation);
  }

  private void log(Violation violation) {
    long now = loop.nanoTime();
    if (now - windowStart >= SECOND_NANOS) {
      if (suppressed > 0) {
        LOG.warn("{} more violations were counted without a line in the log", suppressed);
      }
      windowStart = now;
      linesInWindow = 0;
      suppressed = 0;
    }
    if (linesInWindow < LINES_PER_SECOND) {
      linesInWindow++;
      LOG.warn("{}", violation);
    } else {
      suppressed++;
    }
  }

  /** How many there were, listed or not. */
  public long count(Violation.Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** The first ones, in order. */
  public List<Violation> violations() {
    return List.copyOf(first);
  }
}
