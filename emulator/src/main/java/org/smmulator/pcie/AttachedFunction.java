package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_COMPLETED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_DETACHED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LOST;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_NOT_ANSWERED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_SENT;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_TIMED_OUT;
import static org.smmulator.pcie.FunctionCounter.RESETS;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.bus.wire.Link;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.RevocationScope;

/**
 * The function at the end of one link, from the hello until the link is gone: its identity, what
 * software has set it to, what it was granted, and what waits for an answer from it. Used on the
 * hardware loop only.
 */
final class AttachedFunction implements Invalidations.Sink {
  private static final Logger LOG = LoggerFactory.getLogger(AttachedFunction.class);

  private final RootComplex root;
  private final Link link;
  private final int requesterId;
  private final String id;
  private final Hello hello;
  private final long[] counters = new long[FunctionCounter.COUNT];
  private final long[] invalidationLatency = new long[LatencyBuckets.COUNT];
  private final PendingRequests pending;
  private final long violationsBefore;
  private final FunctionReset reset = new FunctionReset(this);

  final FunctionConfig config;
  final FunctionGrants grants;
  final DownstreamRequests requests;
  final PageRequestCredits credits = new PageRequestCredits();

  /** What {@link InterruptPins} last heard of the interrupt pin. */
  boolean pinAsserted;

  private @Nullable Invalidations invalidations;
  private long @Nullable [] reported;
  private boolean announced;
  private boolean answering = true;
  private boolean gone;
  private boolean detached;
  private boolean flushing;

  AttachedFunction(RootComplex root, Link link, int requesterId, Hello hello) {
    this.root = root;
    this.link = link;
    this.requesterId = requesterId;
    this.id = RequesterId.text(requesterId);
    this.hello = hello;
    this.config = new FunctionConfig(hello.maxPayload());
    this.grants = root.ledger().attach(id);
    this.violationsBefore = root.judge().violations(id);
    this.pending = new PendingRequests(root.loop(), root.config().completionTimeoutNanos());
    this.requests = new DownstreamRequests(this, pending);
  }

  int requesterId() {
    return requesterId;
  }

  String id() {
    return id;
  }

  String name() {
    return hello.name();
  }

  String model() {
    return hello.model();
  }

  /** Software may see it. */
  boolean isAnnounced() {
    return announced;
  }

  /** Training is over and knows how many Invalidate Requests the function holds. */
  void announce() {
    announced = true;
    invalidations =
        new Invalidations(
            root.loop(),
            root.config().invalidationTimeoutNanos(),
            config.invalidateQueueDepth,
            this);
  }

  /** Whether it acknowledges invalidations, as far as is known: memory requests go to it then. */
  boolean isAnswering() {
    return answering;
  }

  // The story.

  boolean isRecording() {
    return root.events().isOn();
  }

  /** Records what went over the link; to be asked {@link #isRecording} before. */
  void record(String what) {
    root.events().record(root.loop().nanoTime(), id, what);
  }

  private void record(String what, Invalidations.Request request) {
    if (isRecording()) {
      RevocationScope scope = request.scope();
      record(
          String.format(
              "%s%s 0x%x to 0x%x", what, pasid(scope.pasid()), scope.first(), scope.last()));
    }
  }

  static String pasid(int pasid) {
    return pasid < 0 ? "" : " PASID " + pasid;
  }

  // Counting.

  void count(FunctionCounter counter) {
    counters[counter.slot()]++;
  }

  void count(FunctionCounter counter, long amount) {
    counters[counter.slot()] += amount;
  }

  /** All counts; what a function was granted went with its link. */
  Counts<FunctionCounter> counts(boolean attached) {
    return Counts.of(
        FunctionCounter.class,
        row ->
            switch (row) {
              case TRANSLATIONS_HELD -> attached ? grants.live() : 0;
              case REQUESTS_TIMED_OUT -> pending.timeouts();
              case VIOLATIONS -> root.judge().violations(id) - violationsBefore;
              default -> counted(row);
            });
  }

  long counted(FunctionCounter counter) {
    return counters[counter.slot()];
  }

  long[] invalidationLatency() {
    return invalidationLatency.clone();
  }

  void report(long[] counters) {
    reported = counters;
  }

  long @Nullable [] reported() {
    return reported;
  }

  // Sending.

  /** Begins a packet; {@link #end} finishes it. */
  ByteBuf begin() {
    return link.begin(FrameKind.TLP);
  }

  /** Ends a packet that answers one of the function; it leaves with the end of the read event. */
  void end() {
    link.end();
  }

  /** Ends a packet that was caused by something else than this link's read event. */
  void endAndFlush() {
    link.end();
    flushSoon();
  }

  private void flushSoon() {
    if (!flushing) {
      flushing = true;
      root.loop()
          .execute(
              () -> {
                flushing = false;
                link.flush();
              });
    }
  }

  void sendReset() {
    link.sendControl(ControlCode.RESET);
    flushSoon();
  }

  void close(int errorCode, String text) {
    link.close(errorCode, text);
  }

  void sendPageResponse(int pasid, int prgIndex, int code) {
    credits.answered(prgIndex);
    if (isRecording()) {
      record("page response" + pasid(pasid) + " group " + prgIndex + " code " + code);
    }
    ByteBuf out = begin();
    TlpWriter.pasidPrefix(out, config.responseNeedsPasid ? pasid : -1, false, false);
    TlpWriter.pageResponse(out, RequesterId.ROOT, requesterId, prgIndex, code);
    endAndFlush();
  }

  /** A configuration write was put on the wire. */
  void configWritten(int register, int byteEnables, int value) {
    config.writeSent(register, byteEnables, value);
    if (config.isPageRequestReset(register, byteEnables, value)) {
      credits.reset();
    }
    if (announced && FunctionConfig.decidesClaims(register)) {
      root.claimsChanged(this);
    }
  }

  // Invalidations.

  void invalidate(Invalidations.Request request) {
    invalidations().submit(request);
  }

  private Invalidations invalidations() {
    if (invalidations == null) {
      throw new IllegalStateException(id + " is not announced yet");
    }
    return invalidations;
  }

  Invalidations.Acknowledged invalidateCompletion(int itag, int count) {
    return invalidations == null
        ? Invalidations.Acknowledged.UNKNOWN_TAG
        : invalidations.completion(itag, count);
  }

  @Override
  public long mark() {
    return root.ledger().mark();
  }

  @Override
  public void send(int itag, Invalidations.Request request) {
    record("invalidation", request);
    count(INVALIDATIONS_SENT);
    if (root.isInvalidationLost()) {
      return;
    }
    ByteBuf out = begin();
    TlpWriter.pasidPrefix(out, request.scope().pasid(), false, false);
    long payload =
        AtsEntry.encodeInvalidation(
            request.scope().first(), request.sizeLog2(), request.scope().global());
    TlpWriter.invalidateRequest(out, RequesterId.ROOT, requesterId, itag, payload);
    endAndFlush();
  }

  @Override
  public void completed(Invalidations.Request request, long issuedUpTo, long nanos) {
    record("invalidation completed", request);
    count(INVALIDATIONS_COMPLETED);
    invalidationLatency[LatencyBuckets.index(nanos)]++;
    grants.revoke(request.scope(), issuedUpTo);
    tellSmmu(request, false);
  }

  @Override
  public void timedOut(Invalidations.Request request) {
    record("invalidation timed out", request);
    count(INVALIDATIONS_TIMED_OUT);
    answering = false;
    long millis = root.config().invalidationTimeoutNanos() / 1_000_000;
    StillGranted frames = new StillGranted();
    grants.visit(request.scope(), frames);
    root.judge()
        .protocol(
            id,
            request.scope().pasid(),
            request.scope().first(),
            frames.first(),
            String.format(
                "no Invalidate Completion within %d ms for 0x%x to 0x%x; still granted: %s",
                millis, request.scope().first(), request.scope().last(), frames));
    grants.giveUp(request.scope(), request.asked());
    grants.stopAnswering();
    tellSmmu(request, true);
  }

  @Override
  public void completedLate(Invalidations.Request request, long issuedUpTo) {
    grants.revoke(request.scope(), issuedUpTo);
  }

  @Override
  public void failed(Invalidations.Request request, boolean linkLost) {
    boolean clean = linkLost && detached;
    if (clean) {
      count(INVALIDATIONS_DETACHED);
    } else {
      count(linkLost ? INVALIDATIONS_LOST : INVALIDATIONS_NOT_ANSWERED);
    }
    if (!linkLost) {
      grants.giveUp(request.scope(), request.asked());
    }
    tellSmmu(request, !clean);
  }

  @Override
  public void abandoned(Invalidations.Request request) {
    tellSmmu(request, false);
  }

  /** The machine is at power-on again; the device, which is no part of it, stays as it is. */
  void powerOn() {
    if (invalidations != null) {
      invalidations.abandon();
      answersAgain();
    }
  }

  private void answersAgain() {
    answering = true;
    grants.answerAgain();
  }

  // Resets.

  /**
   * Resets the function; it is announced.
   *
   * @param cause sends what initiates the reset, ahead of it
   * @param done called when the function answers again, or has not done so in time
   */
  void reset(Runnable cause, Runnable done) {
    reset.begin(cause, done);
  }

  /** What it has not answered yet it need not; what it sends is in order until the reset ends. */
  void resetBegins() {
    requests.abandon();
    invalidations().resetBegins();
  }

  /** The function holds nothing any more, and starts anew; or it does not answer. */
  void resetEnds(boolean answered) {
    if (gone) {
      return;
    }
    credits.reset();
    root.pins().gone(this);
    if (answered) {
      count(RESETS);
      grants.revokeAll();
      answersAgain();
      invalidations().resetEnds();
    } else {
      LOG.warn(
          "{} does not answer within {} ms of its reset, see bus.completionTimeoutMillis",
          id,
          root.config().completionTimeoutNanos() / 1_000_000);
      answering = false;
      grants.stopAnswering();
      invalidations().notAnswering();
    }
  }

  private void tellSmmu(Invalidations.Request request, boolean inVain) {
    for (long i = 0; i < request.count(); i++) {
      root.smmu().atcInvalidationDone(inVain);
    }
  }

  /** The link is gone, or as good as gone. */
  void end(boolean detached) {
    this.gone = true;
    this.detached = detached;
    root.ledger().detach(grants);
    if (invalidations != null) {
      invalidations.linkLost();
    }
    pending.stop();
  }
}
