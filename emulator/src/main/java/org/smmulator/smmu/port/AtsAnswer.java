package org.smmulator.smmu.port;

import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;

/**
 * The answer to one ATS translation request: a completion status, and with Success up to {@link
 * #CAPACITY} entries in the bus's layout (PCIe 10.2.3). Reused by its owner; touched by the
 * hardware's thread only.
 */
public final class AtsAnswer {
  /** Completion status as PCIe encodes it. */
  public enum Status {
    SUCCESS(CompletionStatus.SC),
    UNSUPPORTED_REQUEST(CompletionStatus.UR),
    COMPLETER_ABORT(CompletionStatus.CA);

    private final int busCode;

    Status(int busCode) {
      this.busCode = busCode;
    }

    public int busCode() {
      return busCode;
    }
  }

  /** Entries of the largest request: 128 bytes of completion. */
  public static final int CAPACITY = 16;

  private final long[] entries = new long[CAPACITY];
  private Status status = Status.COMPLETER_ABORT;
  private int count;

  public Status status() {
    return status;
  }

  /** Entries present; at least 1 with Success, else 0. */
  public int count() {
    return count;
  }

  /** Entry {@code index}, of the layout of {@link AtsEntry}. */
  public long entry(int index) {
    if (index >= count) {
      throw new IndexOutOfBoundsException("entry " + index + " of " + count);
    }
    return entries[index];
  }

  /** A Success without entries yet. */
  public void begin() {
    status = Status.SUCCESS;
    count = 0;
  }

  public void add(long entry) {
    entries[count++] = entry;
  }

  /** An answer without entries. */
  public void refuse(Status refusal) {
    status = refusal;
    count = 0;
  }
}
