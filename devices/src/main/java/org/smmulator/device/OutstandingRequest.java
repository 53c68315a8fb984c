package org.smmulator.device;

import org.jspecify.annotations.Nullable;
import org.smmulator.device.atc.InvalidationScope;

/** A non-posted request that holds a tag: one reused object per tag. */
final class OutstandingRequest {
  enum Use {
    FREE,
    READ,
    TRANSLATION,
    /** Nobody waits for the answer any more, but it may still come. */
    ABANDONED
  }

  final int tag;
  Use use = Use.FREE;

  /** Of a read: whose bytes, where they go, how many, and how many came. */
  @Nullable DmaTransfer operation;

  int position;
  int length;
  int received;

  /** Of a read: its untranslated address, and the size of the translation it used (0: none). */
  long address;

  int translationSizeLog2;

  /** Of a translation request: what waits for it. */
  @Nullable PendingTranslation translation;

  /** ITags of the Invalidate Requests that may not be completed before this read. */
  int heldItags;

  long sentNanos;

  OutstandingRequest(int tag) {
    this.tag = tag;
  }

  void read(PageSpan span, int bytes, int sizeLog2) {
    use = Use.READ;
    operation = span.operation;
    position = span.position();
    address = span.address();
    length = bytes;
    received = 0;
    translationSizeLog2 = sizeLog2;
  }

  void translate(PendingTranslation pending) {
    use = Use.TRANSLATION;
    translation = pending;
  }

  /** Whether it is a read through a translation that a scope reaches. */
  boolean uses(InvalidationScope scope) {
    DmaTransfer reader = operation;
    return use == Use.READ
        && reader != null
        && translationSizeLog2 != 0
        && scope.reaches(reader.pasid, address, translationSizeLog2);
  }

  void forget(Use next) {
    use = next;
    operation = null;
    translation = null;
    heldItags = 0;
  }
}
