package org.smmulator.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.atc.AddressTranslationCache;
import org.smmulator.device.atc.InvalidationScope;
import org.smmulator.device.atc.Permissions;

/**
 * Asks the translation agent for what the ATC misses (Base Specification 10.2): one request per
 * miss, for the 4 KiB page of the packet that missed, and at most one at a time for each page. An
 * answer that an invalidation overtook is thrown away and asked again; an answer without the wanted
 * permission leads to a page request, and after its success to another request.
 *
 * <p>Invariant: translation requests sent = ATC misses + retries. Only the link's thread may call
 * it.
 */
final class TranslationRequester {
  /** Page requests for one packet before it is given up: a page that does not stay. */
  static final int MOST_PAGE_REQUEST_ROUNDS = 16;

  /** Where packets go on whose translation is settled. */
  interface Spans {
    /** The packet that missed may be sent, through this translation, and its span goes on. */
    void granted(PageSpan span, long translated, int sizeLog2, boolean untranslatedOnly);

    /** Whether software lets the operation have requests. */
    boolean mayRequest(DmaTransfer operation);

    /** The span looks again. */
    void resumed(PageSpan span);

    /** The packet that missed fails, and its span with it. */
    void refused(PageSpan span, Status status);
  }

  private final ConfigSpace config;
  private final AddressTranslationCache atc;
  private final Tags tags;
  private final Transmitter out;
  private final DeviceStatistics statistics;
  private final LongSupplier clock;
  private final PageRequestInterface pageRequests;
  private final Spans spans;
  private final List<PendingTranslation> pending = new ArrayList<>();
  private final Queue<PendingTranslation> withoutTag = new ArrayDeque<>();
  private boolean disabledByAgent;

  TranslationRequester(FunctionParts parts, PageRequestInterface pageRequests, Spans spans) {
    this.config = parts.config();
    this.atc = parts.atc();
    this.tags = parts.tags();
    this.out = parts.out();
    this.statistics = parts.statistics();
    this.clock = parts.clock();
    this.pageRequests = pageRequests;
    this.spans = spans;
  }

  /**
   * Whether packets are translated here; an Unsupported Request ends it until ATS is enabled anew.
   */
  boolean inUse() {
    return config.atsEnabled() && !disabledByAgent;
  }

  /** Lets a span wait if its page is being asked for. */
  boolean awaits(PageSpan span) {
    for (int i = 0; i < pending.size(); i++) {
      PendingTranslation other = pending.get(i);
      if (other.isFor(span.operation.pasid, span.address())) {
        other.addWaiter(span);
        return true;
      }
    }
    return false;
  }

  /** Asks for the page of a packet that missed; a tag is free. */
  void request(PageSpan span) {
    PendingTranslation translation = new PendingTranslation(span);
    pending.add(translation);
    send(translation);
  }

  /** Repeats requests that wait for tags, as long as there are tags. */
  void repeatWithoutTag() {
    while (tags.available()) {
      PendingTranslation translation = withoutTag.poll();
      if (translation == null) {
        return;
      }
      repeat(translation);
    }
  }

  /** A translation request is answered; its tag is free again. */
  void answered(PendingTranslation translation, long sentNanos, Tlp completion) {
    translation.answered();
    statistics.translationRoundTrip.record(clock.getAsLong() - sentNanos);
    if (!mayAsk(translation)) {
      lookAgain(translation);
      return;
    }
    Status failure = failure(completion);
    if (failure != null) {
      disabledByAgent = failure == Status.UNSUPPORTED_REQUEST;
      refuse(translation, failure);
      return;
    }
    long entry = completion.buffer().getLong(completion.payloadIndex());
    if (translation.isStale(AtsEntry.sizeLog2(entry))) {
      repeat(translation);
    } else {
      take(translation, entry);
    }
  }

  /** Null if there is an entry; smaller than the smallest unit counts as Unsupported Request. */
  private @Nullable Status failure(Tlp completion) {
    if (completion.status() == CompletionStatus.CA) {
      return Status.COMPLETER_ABORT;
    }
    if (completion.status() != CompletionStatus.SC || completion.payloadBytes() < Long.BYTES) {
      return Status.UNSUPPORTED_REQUEST;
    }
    long entry = completion.buffer().getLong(completion.payloadIndex());
    boolean tooSmall = AtsEntry.sizeLog2(entry) < config.smallestUnitLog2();
    return tooSmall ? Status.UNSUPPORTED_REQUEST : null;
  }

  private void take(PendingTranslation translation, long entry) {
    int permissions = permissions(AtsEntry.flags(entry));
    if (!Permissions.allow(permissions, translation.write)) {
      requestPage(translation);
      return;
    }
    int sizeLog2 = AtsEntry.sizeLog2(entry);
    PageSpan owner = translation.owner;
    long inRange = AtsEntry.offsetMask(sizeLog2);
    long translated = AtsEntry.address(entry) | (owner.address() & inRange);
    atc.fill(translation.pasid, owner.address(), sizeLog2, translated, permissions);
    settle(translation);
    boolean untranslatedOnly = (permissions & Permissions.UNTRANSLATED_ONLY) != 0;
    spans.granted(owner, translated, sizeLog2, untranslatedOnly);
    resumeWaiters(translation);
  }

  private void requestPage(PendingTranslation translation) {
    boolean possible = config.pageRequestsEnabled() && config.pageRequestAllocation() != 0;
    if (possible && translation.nextPageRequestRound() <= MOST_PAGE_REQUEST_ROUNDS) {
      pageRequests.request(translation);
    } else {
      refuse(translation, Status.REFUSED);
    }
  }

  /** The page request of a translation is answered with Success: the page may be there now. */
  void pageServed(PendingTranslation translation) {
    if (tags.available()) {
      repeat(translation);
    } else {
      withoutTag.add(translation);
    }
  }

  void refuse(PendingTranslation translation, Status status) {
    settle(translation);
    spans.refused(translation.owner, status);
    resumeWaiters(translation);
  }

  /** An Invalidate Request overtakes the answers that are on their way. */
  void invalidated(InvalidationScope scope) {
    for (int i = 0; i < pending.size(); i++) {
      pending.get(i).invalidated(scope);
    }
  }

  /** Software has enabled ATS: what was answered before counts no more. */
  void enabled() {
    disabledByAgent = false;
    invalidated(InvalidationScope.EVERYTHING);
  }

  /** Everything that was asked is forgotten, its operations having ended. */
  void reset() {
    disabledByAgent = false;
    pending.clear();
    withoutTag.clear();
  }

  private void repeat(PendingTranslation translation) {
    if (mayAsk(translation)) {
      statistics.translationRetries++;
      send(translation);
    } else {
      lookAgain(translation);
    }
  }

  /** Software may have taken away meanwhile what the first request was sent with. */
  private boolean mayAsk(PendingTranslation translation) {
    return inUse() && spans.mayRequest(translation.owner.operation);
  }

  private void lookAgain(PendingTranslation translation) {
    settle(translation);
    spans.resumed(translation.owner);
    resumeWaiters(translation);
  }

  private void send(PendingTranslation translation) {
    OutstandingRequest request = tags.take(clock.getAsLong());
    request.translate(translation);
    translation.requested();
    statistics.translationRequests++;
    out.translationRequest(request.tag, translation.pasid, translation.page, !translation.write);
  }

  private void settle(PendingTranslation translation) {
    pending.remove(translation);
  }

  private void resumeWaiters(PendingTranslation translation) {
    translation.waiters().forEach(spans::resumed);
  }

  private static int permissions(int flags) {
    int kept = 0;
    kept |= (flags & AtsEntry.READ) != 0 ? Permissions.READ : 0;
    kept |= (flags & AtsEntry.WRITE) != 0 ? Permissions.WRITE : 0;
    kept |= (flags & AtsEntry.EXECUTE) != 0 ? Permissions.EXECUTE : 0;
    kept |= (flags & AtsEntry.PRIVILEGED) != 0 ? Permissions.PRIVILEGED : 0;
    kept |= (flags & AtsEntry.UNTRANSLATED_ONLY) != 0 ? Permissions.UNTRANSLATED_ONLY : 0;
    return kept;
  }
}
