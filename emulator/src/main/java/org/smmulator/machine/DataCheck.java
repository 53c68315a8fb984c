package org.smmulator.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what was compared and what differed; thread-safe. */
final class DataCheck {
  /** One difference, for the verdict. */
  record Mismatch(String device, int pasid, long address, String text) {}

  private static final Logger LOG = LoggerFactory.getLogger(DataCheck.class);
  private static final int MOST_KEPT = 100;
  private static final int MOST_LOGGED = 10;

  private final AtomicLong bytesCompared = new AtomicLong();
  private final AtomicLong mismatches = new AtomicLong();
  private final List<Mismatch> kept = new ArrayList<>();

  /** Compares what is with what must be; an operation counts as one mismatch however it differs. */
  boolean compare(byte[] expected, byte[] actual, Mismatch ifDifferent) {
    bytesCompared.addAndGet(expected.length);
    int at = Arrays.mismatch(expected, actual);
    if (at >= 0) {
      report(
          new Mismatch(
              ifDifferent.device(),
              ifDifferent.pasid(),
              ifDifferent.address() + at,
              String.format(
                  "%s: byte %d is 0x%02x and must be 0x%02x",
                  ifDifferent.text(), at, actual[at], expected[at])));
    }
    return at < 0;
  }

  void compared(long bytes) {
    bytesCompared.addAndGet(bytes);
  }

  void report(Mismatch mismatch) {
    if (mismatches.incrementAndGet() <= MOST_LOGGED) {
      LOG.warn(
          "{} PASID {} 0x{}: {}",
          mismatch.device(),
          mismatch.pasid(),
          Long.toHexString(mismatch.address()),
          mismatch.text());
    }
    synchronized (kept) {
      if (kept.size() < MOST_KEPT) {
        kept.add(mismatch);
      }
    }
  }

  long bytesCompared() {
    return bytesCompared.get();
  }

  long mismatches() {
    return mismatches.get();
  }

  List<Mismatch> kept() {
    synchronized (kept) {
      return List.copyOf(kept);
    }
  }
}
