package org.smmulator.device;

import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.device.atc.InvalidationScope;

/**
 * Takes Invalidate Requests (Base Specification 10.3): drops the entries at once, and acknowledges
 * when no read is outstanding that went through one of them. Posted writes need no wait, the
 * completion follows them on the link. It waits for nothing else: not for page responses, credits
 * or the model. Only the link's thread may call it.
 */
final class InvalidateCompleter {
  private final FunctionParts parts;
  private final TranslationRequester translations;
  private final boolean keepInvalidated;
  private final int[] readsHolding = new int[AtsCapability.ITAGS];
  private final long[] receivedNanos = new long[AtsCapability.ITAGS];
  private final long[] dropped = new long[DroppedEntries.MOST_LISTED];

  /** ITags to acknowledge with the next message. */
  private int ready;

  /**
   * Obeys, or pretends to.
   *
   * @param keepInvalidated acknowledge but drop nothing: a broken device, to test who notices
   */
  InvalidateCompleter(
      FunctionParts parts, TranslationRequester translations, boolean keepInvalidated) {
    this.parts = parts;
    this.translations = translations;
    this.keepInvalidated = keepInvalidated;
  }

  void request(int itag, InvalidationScope scope) {
    receivedNanos[itag] = parts.clock().getAsLong();
    parts.statistics().invalidationRequests++;
    if (keepInvalidated) {
      parts.atc().ignore(scope);
      parts.out().dropped(itag, 0, dropped);
      ready |= 1 << itag;
      return;
    }
    parts.out().dropped(itag, parts.atc().invalidate(scope, dropped), dropped);
    translations.invalidated(scope);
    readsHolding[itag] += parts.tags().hold(scope, itag);
    if (readsHolding[itag] == 0) {
      ready |= 1 << itag;
    }
  }

  /** A read has ended that held these ITags. */
  void readEnded(int heldItags) {
    for (int left = heldItags; left != 0; left &= left - 1) {
      int itag = Integer.numberOfTrailingZeros(left);
      readsHolding[itag]--;
      if (readsHolding[itag] == 0) {
        ready |= 1 << itag;
      }
    }
  }

  /** Sends one completion for all requests that nothing holds any more. */
  void acknowledge() {
    if (ready == 0) {
      return;
    }
    long now = parts.clock().getAsLong();
    for (int left = ready; left != 0; left &= left - 1) {
      int itag = Integer.numberOfTrailingZeros(left);
      parts.statistics().invalidationHandling.record(now - receivedNanos[itag]);
    }
    parts.out().invalidateCompletion(ready);
    ready = 0;
  }

  /** A read that the tag table lost in a reset holds nothing any more. */
  void releaseAll() {
    for (int itag = 0; itag < AtsCapability.ITAGS; itag++) {
      if (readsHolding[itag] > 0) {
        readsHolding[itag] = 0;
        ready |= 1 << itag;
      }
    }
  }
}
