package org.smmulator.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.OutstandingRequest.Use;
import org.smmulator.device.atc.AddressTranslationCache;

/**
 * The requester of a function: turns operations into packets, many of them in flight. Each packet
 * of an ATS-enabled function does exactly one counted ATC lookup, just before it is sent; on a hit
 * it goes out translated, on a miss it waits for the translation and goes out with that, without a
 * second lookup. A packet is begun only while a tag is free, because either kind may need one.
 *
 * <p>Only the link's thread may call it.
 */
final class Requester implements TranslationRequester.Spans, PageRequestInterface.Answers {
  private static final Logger log = LoggerFactory.getLogger(Requester.class);

  /** Where a root complex may split completions (Base Specification 2.3.1.1). */
  private static final int READ_COMPLETION_BOUNDARY = 64;

  private final ConfigSpace config;
  private final AddressTranslationCache atc;
  private final Tags tags;
  private final Transmitter out;
  private final DeviceStatistics statistics;
  private final LongSupplier clock;
  private final int pasidBits;
  private final TranslationRequester translations;
  private final PageRequestInterface pageRequests;
  private final InvalidateCompleter invalidations;

  private final Set<DmaTransfer> active = new LinkedHashSet<>();
  private final Queue<DmaTransfer> toCut = new ArrayDeque<>();
  private final Queue<PageSpan> withoutTag = new ArrayDeque<>();
  private boolean linkDown;
  private boolean held;

  Requester(FunctionParts parts, int pasidBits, boolean keepInvalidated) {
    this.config = parts.config();
    this.atc = parts.atc();
    this.tags = parts.tags();
    this.out = parts.out();
    this.statistics = parts.statistics();
    this.clock = parts.clock();
    this.pasidBits = pasidBits;
    this.pageRequests = new PageRequestInterface(parts, this);
    this.translations = new TranslationRequester(parts, pageRequests, this);
    this.invalidations = new InvalidateCompleter(parts, translations, keepInvalidated);
  }

  TranslationRequester translations() {
    return translations;
  }

  PageRequestInterface pageRequests() {
    return pageRequests;
  }

  InvalidateCompleter invalidations() {
    return invalidations;
  }

  /** Begins an operation of at least one byte. */
  void begin(DmaTransfer operation) {
    if (linkDown || held) {
      operation.fail(Status.LINK_DOWN, operation.address);
      operation.end();
      return;
    }
    active.add(operation);
    queue(operation);
    pump();
  }

  private void queue(DmaTransfer operation) {
    if (!operation.queued && operation.mayCut()) {
      operation.queued = true;
      toCut.add(operation);
    }
  }

  /** Sends what can be sent, as long as there are tags: what waited longest first. */
  void pump() {
    translations.repeatWithoutTag();
    while (tags.available()) {
      PageSpan span = withoutTag.poll();
      if (span == null) {
        span = nextSpan();
      }
      if (span == null) {
        return;
      }
      advance(span);
    }
  }

  /** A page of the operation whose turn it is; operations take turns page by page. */
  private @Nullable PageSpan nextSpan() {
    DmaTransfer operation = toCut.poll();
    while (operation != null) {
      operation.queued = false;
      if (operation.mayCut()) {
        PageSpan span = operation.cutSpan();
        queue(operation);
        return span;
      }
      operation = toCut.poll();
    }
    return null;
  }

  /** Sends the packets of a span until it is through, failed, or has to wait. */
  private void advance(PageSpan span) {
    DmaTransfer operation = span.operation;
    while (span.hasPacket() && !operation.hasFailed()) {
      if (!tags.available()) {
        withoutTag.add(span);
        return;
      }
      if (!mayRequest(operation)) {
        operation.fail(Status.DISABLED, span.address());
      } else if (!translateAndSend(span)) {
        operation.spanParked();
        return;
      }
    }
    operation.spanClosed();
    endIfDrained(operation);
  }

  @Override
  public boolean mayRequest(DmaTransfer operation) {
    return config.busMaster()
        && (operation.pasid == DmaPort.NO_PASID
            || (config.pasidEnabled() && operation.pasid >>> pasidBits == 0));
  }

  /** False if the packet has to wait for a translation. */
  private boolean translateAndSend(PageSpan span) {
    long address = span.address();
    if (!translations.inUse()) {
      sendUntranslated(span);
      return true;
    }
    if (translations.awaits(span)) {
      return false;
    }
    int entry = atc.lookup(span.operation.pasid, address, span.operation.write);
    if (entry == AddressTranslationCache.MISS) {
      translations.request(span);
      return false;
    }
    if (atc.isUntranslatedOnly(entry)) {
      sendUntranslated(span);
    } else {
      sendTranslated(span, atc.translate(entry, address), atc.sizeLog2(entry));
    }
    return true;
  }

  private void sendTranslated(PageSpan span, long translated, int sizeLog2) {
    statistics.translatedAccesses++;
    send(span, true, translated, sizeLog2);
  }

  private void sendUntranslated(PageSpan span) {
    statistics.untranslatedAccesses++;
    send(span, false, span.address(), 0);
  }

  private void send(PageSpan span, boolean translated, long busAddress, int sizeLog2) {
    DmaTransfer operation = span.operation;
    int pasid = translated ? DmaPort.NO_PASID : operation.pasid;
    if (operation.write && span.isWritten()) {
      confirm(span, translated, pasid, busAddress);
      return;
    }
    if (operation.write) {
      int bytes = span.packetBytes(config.maxPayloadBytes());
      out.memoryWrite(pasid, translated, busAddress, operation.bytes, span.position(), bytes);
      statistics.bytesWritten += bytes;
      span.sent(bytes);
      return;
    }
    int bytes = span.packetBytes(config.maxReadRequestBytes());
    OutstandingRequest request = tags.take(clock.getAsLong());
    request.read(span, bytes, sizeLog2);
    operation.readSent();
    out.memoryRead(request.tag, pasid, translated, busAddress, bytes);
    span.sent(bytes);
  }

  /** A read of no bytes pushes ahead what was written before it (Base Specification 2.2.5). */
  private void confirm(PageSpan span, boolean translated, int pasid, long busAddress) {
    OutstandingRequest request = tags.take(clock.getAsLong());
    request.read(span, 0, 0);
    span.operation.readSent();
    span.confirming();
    out.memoryRead(request.tag, pasid, translated, busAddress, 0);
  }

  @Override
  public void granted(PageSpan span, long translated, int sizeLog2, boolean untranslatedOnly) {
    span.operation.spanResumed();
    if (span.operation.hasFailed() || !mayRequest(span.operation)) {
      advance(span);
    } else {
      if (untranslatedOnly) {
        sendUntranslated(span);
      } else {
        sendTranslated(span, translated, sizeLog2);
      }
      advance(span);
    }
    queue(span.operation);
  }

  @Override
  public void resumed(PageSpan span) {
    span.operation.spanResumed();
    advance(span);
    queue(span.operation);
  }

  @Override
  public void refused(PageSpan span, Status status) {
    span.operation.fail(status, span.address());
    resumed(span);
  }

  @Override
  public void served(PendingTranslation translation) {
    translations.pageServed(translation);
  }

  @Override
  public void refused(PendingTranslation translation) {
    translations.refuse(translation, Status.REFUSED);
  }

  /**
   * A completion has come.
   *
   * @return null, or what is wrong with it
   */
  @Nullable String completed(Tlp completion) {
    int tag = completion.tag();
    if (tag >= tags.count() || tags.get(tag).use == Use.FREE) {
      log.warn("unexpected completion for tag {} is thrown away", tag);
      return null;
    }
    OutstandingRequest request = tags.get(tag);
    PendingTranslation translation = request.translation;
    if (translation != null) {
      long sentNanos = request.sentNanos;
      tags.release(request);
      translations.answered(translation, sentNanos, completion);
      return null;
    }
    return request.use == Use.READ
        ? readCompleted(request, completion)
        : abandonedCompleted(request, completion);
  }

  /** The last answer that nobody waits for frees its tag. */
  private @Nullable String abandonedCompleted(OutstandingRequest request, Tlp completion) {
    int carried = completion.payloadBytes() - (completion.lowerAddress() & 3);
    if (completion.payloadBytes() == 0 || completion.byteCount() <= carried) {
      tags.release(request);
    }
    return null;
  }

  private @Nullable String readCompleted(OutstandingRequest request, Tlp completion) {
    if (completion.status() != CompletionStatus.SC) {
      boolean aborted = completion.status() == CompletionStatus.CA;
      failRead(request, aborted ? Status.COMPLETER_ABORT : Status.UNSUPPORTED_REQUEST);
      return null;
    }
    if (request.length == 0) {
      endRead(request, operationOf(request));
      return null;
    }
    int left = request.length - request.received;
    long address = request.address + request.received;
    int lead = (int) address & 3;
    int bytes = Math.min(completion.payloadBytes() - lead, left);
    boolean fits =
        completion.byteCount() == left
            && completion.lowerAddress() == (address & 0x7F)
            && completion.payloadBytes() == ((lead + bytes + 3) & ~3)
            && bytes > 0
            && (bytes == left || (address + bytes) % READ_COMPLETION_BOUNDARY == 0);
    if (!fits) {
      return String.format(
          "completion of %d bytes at 0x%x, Byte Count %d, for tag %d, which waits for %d at 0x%x",
          completion.payloadBytes(),
          completion.lowerAddress(),
          completion.byteCount(),
          request.tag,
          left,
          address & 0x7F);
    }
    int target = request.position + request.received;
    DmaTransfer operation = operationOf(request);
    completion.buffer().getBytes(completion.payloadIndex() + lead, operation.bytes, target, bytes);
    request.received += bytes;
    statistics.bytesRead += bytes;
    if (request.received == request.length) {
      endRead(request, operation);
    }
    return null;
  }

  private void failRead(OutstandingRequest request, Status status) {
    DmaTransfer operation = operationOf(request);
    operation.fail(status, request.address);
    endRead(request, operation);
  }

  private void endRead(OutstandingRequest request, DmaTransfer operation) {
    int held = request.heldItags;
    tags.release(request);
    readEnded(held, operation);
  }

  private void readEnded(int heldItags, DmaTransfer operation) {
    operation.readDone();
    invalidations.readEnded(heldItags);
    endIfDrained(operation);
  }

  /** Fails requests that were sent before a time and are not answered. */
  void expire(long sentBefore) {
    tags.expire(sentBefore, this::timedOut);
    pump();
  }

  private void timedOut(OutstandingRequest request) {
    log.warn("no completion in time for tag {}", request.tag);
    PendingTranslation translation = request.translation;
    DmaTransfer operation = request.operation;
    int held = request.heldItags;
    tags.abandon(request, clock.getAsLong());
    if (translation != null) {
      translations.refuse(translation, Status.TIMED_OUT);
    } else if (operation != null) {
      operation.fail(Status.TIMED_OUT, request.address);
      readEnded(held, operation);
    }
  }

  /** Ends every operation, as a reset or the loss of the link does. */
  void abandonAll() {
    tags.abandonAll(clock.getAsLong());
    translations.reset();
    pageRequests.reset();
    invalidations.releaseAll();
    toCut.clear();
    withoutTag.clear();
    for (DmaTransfer operation : new ArrayList<>(active)) {
      active.remove(operation);
      operation.fail(Status.LINK_DOWN, operation.address);
      operation.end();
    }
  }

  /** While held nothing begins: a model that is being reset may not know it yet. */
  void hold(boolean nowHeld) {
    held = nowHeld;
  }

  /** The link is closed: nothing can begin any more. */
  void linkDown() {
    linkDown = true;
    abandonAll();
  }

  private void endIfDrained(DmaTransfer operation) {
    if (operation.isDrained() && active.remove(operation)) {
      operation.end();
    }
  }

  private static DmaTransfer operationOf(OutstandingRequest request) {
    DmaTransfer operation = request.operation;
    if (operation == null) {
      throw new IllegalStateException("tag " + request.tag + " reads for nobody");
    }
    return operation;
  }
}
