package org.smmulator.device;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.smmulator.device.DmaException.Status;

/**
 * One transfer between memory and an array, from its submission until its last packet is answered
 * (reads, and writes that are confirmed) or on the link (other writes). It ends exactly once, with
 * a call of {@code onEnd}; after that the link no longer touches the array. Everything but {@link
 * #ended} and what follows it belongs to the link's thread.
 */
final class DmaTransfer {
  /** Pages of one operation that may wait for translations at once. */
  static final int MOST_PARKED_SPANS = 16;

  final int pasid;
  final boolean write;
  final long address;
  final byte[] bytes;
  final int offset;
  final int length;

  /** Whether a write ends when it is in memory, and not when it is on the link. */
  final boolean confirmed;

  private final Consumer<DmaTransfer> onEnd;

  private int cut;
  private int openSpans;
  private int parkedSpans;
  private int outstandingReads;

  /** Whether the requester's queue of operations with pages to begin holds this one. */
  boolean queued;

  private @Nullable Status failure;
  private long failureAddress;
  private volatile boolean ended;

  DmaTransfer(
      int pasid,
      boolean write,
      long address,
      byte[] bytes,
      int offset,
      int length,
      boolean confirmed,
      Consumer<DmaTransfer> onEnd) {
    this.pasid = pasid;
    this.write = write;
    this.address = address;
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.confirmed = confirmed;
    this.onEnd = onEnd;
  }

  /** The next page of the transfer. */
  PageSpan cutSpan() {
    long from = address + cut;
    int toPageEnd = 4096 - (int) (from & 0xFFF);
    int end = cut + Math.min(toPageEnd, length - cut);
    PageSpan span = new PageSpan(this, cut, end);
    cut = end;
    openSpans++;
    return span;
  }

  /** Whether another page may begin now. */
  boolean mayCut() {
    return failure == null && cut < length && parkedSpans < MOST_PARKED_SPANS;
  }

  void spanParked() {
    parkedSpans++;
  }

  void spanResumed() {
    parkedSpans--;
  }

  void spanClosed() {
    openSpans--;
  }

  void readSent() {
    outstandingReads++;
  }

  void readDone() {
    outstandingReads--;
  }

  /** Whether nothing of it is on its way, and nothing more will be. */
  boolean isDrained() {
    return (failure != null || cut == length) && openSpans == 0 && outstandingReads == 0;
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** Of several failures the one at the lowest address counts. */
  void fail(Status status, long at) {
    if (failure == null || Long.compareUnsigned(at, failureAddress) < 0) {
      failure = status;
      failureAddress = at;
    }
  }

  void end() {
    ended = true;
    onEnd.accept(this);
  }

  boolean ended() {
    return ended;
  }

  /** How it ended: null, or why it failed. */
  @Nullable DmaException failure() {
    Status status = failure;
    return status == null ? null : new DmaException(status, failureAddress);
  }
}
