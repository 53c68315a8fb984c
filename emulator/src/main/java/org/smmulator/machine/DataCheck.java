package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts operations and compared bytes, what differed, and operations that did not end, of which
 * nothing can be compared; thread-safe.
 */
final class DataCheck {
  /** One difference, or one operation, for the verdict. */
  record Finding(String device, int pasid, long address, String text) {}

  private static final Logger LOG = LoggerFactory.getLogger(DataCheck.class);
  private static final int MOST_KEPT = 100;
  private static final int MOST_LOGGED = 10;

  /** How many there were, and the first of them. */
  private static final class Findings {
    private final String what;
    private final AtomicLong count = new AtomicLong();
    private final List<Finding> kept = new ArrayList<>();

    Findings(String what) {
      this.what = what;
    }

    void add(Finding finding) {
      if (count.incrementAndGet() <= MOST_LOGGED) {
        LOG.warn(
            "{}: {} PASID {} 0x{}: {}",
            what,
            finding.device(),
            finding.pasid(),
            Long.toHexString(finding.address()),
            finding.text());
      }
      synchronized (kept) {
        if (kept.size() < MOST_KEPT) {
          kept.add(finding);
        }
      }
    }

    List<Finding> kept() {
      synchronized (kept) {
        return List.copyOf(kept);
      }
    }
  }

  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong bytesCompared = new AtomicLong();
  private final Findings mismatches = new Findings("data mismatch");
  private final Findings unended = new Findings("operation did not end");

  /**
   * Compares what is, null if nobody may read it, with what must be; an operation counts as one
   * mismatch however it differs.
   */
  boolean compare(byte[] expected, byte @Nullable [] actual, Finding ifDifferent) {
    int at = actual == null ? 0 : Arrays.mismatch(expected, actual);
    if (at >= 0) {
      report(
          new Finding(
              ifDifferent.device(),
              ifDifferent.pasid(),
              ifDifferent.address() + at,
              ifDifferent.text() + ": " + difference(expected, actual, at)));
    }
    return at < 0;
  }

  private static String difference(byte[] expected, byte @Nullable [] actual, int at) {
    return actual == null
        ? "cannot be read"
        : String.format("byte %d is 0x%02x and must be 0x%02x", at, actual[at], expected[at]);
  }

  void compared(long bytes) {
    bytesCompared.addAndGet(bytes);
  }

  void report(Finding mismatch) {
    mismatches.add(mismatch);
  }

  /** An operation is given to a device. */
  void begun() {
    operations.incrementAndGet();
  }

  /** An operation's device was lost, stopped or silent before it had done it. */
  void reportUnended(Finding operation) {
    unended.add(operation);
  }

  long bytesCompared() {
    return bytesCompared.get();
  }

  long operations() {
    return operations.get();
  }

  long mismatches() {
    return mismatches.count.get();
  }

  long operationsUnended() {
    return unended.count.get();
  }

  List<Finding> keptMismatches() {
    return mismatches.kept();
  }

  List<Finding> keptUnended() {
    return unended.kept();
  }
}
