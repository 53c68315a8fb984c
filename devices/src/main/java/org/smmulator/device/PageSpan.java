package org.smmulator.device;

/**
 * The part of an operation that lies in one 4 KiB page. Its packets are sent in ascending order, so
 * at most one of them waits for a translation, and the span with it.
 */
final class PageSpan {
  final DmaTransfer operation;
  private final int first;
  private final int end;
  private int next;

  /** A read of the page is still to tell that what was written before is in memory. */
  private boolean toConfirm;

  /** Bytes {@code next} to {@code end} of the operation. */
  PageSpan(DmaTransfer operation, int next, int end) {
    this.operation = operation;
    this.first = next;
    this.next = next;
    this.end = end;
    this.toConfirm = operation.confirmed;
  }

  boolean hasPacket() {
    return next < end || toConfirm;
  }

  /** Whether all is written, and the read that confirms it comes next. */
  boolean isWritten() {
    return next == end;
  }

  void confirming() {
    toConfirm = false;
  }

  /** Untranslated address of the next packet; once all is written, of the page's first byte. */
  long address() {
    return operation.address + (isWritten() ? first : next);
  }

  /** Where the next packet's bytes stand in the operation's array. */
  int position() {
    return operation.offset + next;
  }

  /** Bytes of the next packet, which ends at a multiple of the limit. */
  int packetBytes(int limit) {
    int toBoundary = limit - (int) (address() & (limit - 1));
    return Math.min(toBoundary, end - next);
  }

  void sent(int bytes) {
    next += bytes;
  }
}
