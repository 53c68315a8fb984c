package org.smmulator.machine;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.pcie.ledger.Violation.Kind;
import org.smmulator.pcie.ledger.ViolationLog;

/**
 * Counts operations and compared bytes, and reports what differed, and operations that did not end,
 * of which nothing can be compared; thread-safe.
 */
final class DataCheck {
  /**
   * Where something was found.
   *
   * @param pasid {@link Violation#NONE} of what the process itself found
   */
  record Finding(String device, int pasid, long address, String text) {
    Violation as(Kind kind) {
      return new Violation(kind, device, pasid, address, Violation.NONE, text);
    }
  }

  private final ViolationLog violations;
  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong bytesCompared = new AtomicLong();

  DataCheck(ViolationLog violations) {
    this.violations = violations;
  }

  /**
   * Compares what is, null if nobody may read it, with what must be; an operation counts as one
   * mismatch however it differs.
   */
  boolean compare(byte[] expected, byte @Nullable [] actual, Supplier<Finding> ifDifferent) {
    int at = actual == null ? 0 : Arrays.mismatch(expected, actual);
    if (at >= 0) {
      Finding found = ifDifferent.get();
      report(
          new Finding(
              found.device(),
              found.pasid(),
              found.address() + at,
              found.text() + ": " + difference(expected, actual, at)));
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
    violations.record(mismatch.as(Kind.DATA_MISMATCH));
  }

  /** An operation is given to a device. */
  void begun() {
    operations.incrementAndGet();
  }

  /** An operation's device was lost, stopped or silent before it had done it. */
  void reportUnended(Finding operation) {
    violations.record(operation.as(Kind.UNENDED_OPERATION));
  }

  long bytesCompared() {
    return bytesCompared.get();
  }

  long operations() {
    return operations.get();
  }

  long mismatches() {
    return violations.count(Kind.DATA_MISMATCH);
  }

  long operationsUnended() {
    return violations.count(Kind.UNENDED_OPERATION);
  }
}
