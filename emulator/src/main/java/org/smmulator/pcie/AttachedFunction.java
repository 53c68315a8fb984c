package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.RESETS;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.AtcRead;
import org.smmulator.bus.wire.ControlCode;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.ErrorCode;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.Link;
import org.smmulator.counter.Counts;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.record.EventKind;
import org.smmulator.record.Recorder;

/**
 * The function at the end of one link, from the hello until the link is gone: its identity, what
 * software has set it to, what it was granted, and what waits for an answer from it. Used on the
 * hardware loop only.
 */
final class AttachedFunction {
  private final RootComplex root;
  private final Link link;
  private final int requesterId;
  private final String id;
  private final Hello hello;
  private final long[] counters = new long[FunctionCounter.COUNT];
  private final PendingRequests pending;
  private final long violationsBefore;
  private final FunctionReset reset = new FunctionReset(this);

  final FunctionConfig config;
  final FunctionGrants grants;
  final DownstreamRequests requests;
  final InvalidationAccount invalidations;
  final AtcQuestions atc;
  final PeerReads peerReads;

  /** Of a function that faults may stall. */
  final @Nullable StalledRequests stalled;

  final PeerWrites peerWrites;
  final PageRequestCredits credits = new PageRequestCredits();
  final FaultCauses faultCauses = new FaultCauses();
  final FunctionPasids pasids;

  /** What {@link InterruptPins} last heard of the interrupt pin. */
  boolean pinAsserted;

  private FunctionState state = FunctionState.TRAINING;

  /** What it was when it left. */
  private FunctionState last = FunctionState.TRAINING;

  private @Nullable Isolation isolation;
  private long @Nullable [] reported;
  private @Nullable ProtocolRule fault;
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
    this.peerReads = new PeerReads(this, root);
    this.stalled =
        root.mayStall(requesterId) ? new StalledRequests(root.config().stalledPerFunction()) : null;
    this.peerWrites = new PeerWrites(this, root);
    this.invalidations =
        new InvalidationAccount(this, grants, root.ledger(), root.agent(), root.judge());
    this.pasids = new FunctionPasids(root.pasidLabels());
    this.atc = new AtcQuestions(this, root.judge());
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

  /** Whether it knows what this minor version of the bus protocol has. */
  boolean speaks(int minor) {
    return hello.minor() >= minor;
  }

  FunctionState state() {
    return state;
  }

  /** Software may see it. */
  boolean isAnnounced() {
    return state == FunctionState.ANSWERING || state == FunctionState.SILENT;
  }

  /** Training is over and knows how many Invalidate Requests the function holds. */
  void announce() {
    state = state.transition(FunctionState.ANSWERING);
    if (records(EventKind.DEVICE_ATTACHED)) {
      int name = name(name());
      record(EventKind.DEVICE_ATTACHED, Recorder.NO_CAUSE, name, name(model()), 0, 0);
    }
    long timeout = root.config().invalidationTimeoutNanos();
    invalidations.open(
        new Invalidations(root.loop(), timeout, config.invalidateQueueDepth, invalidations),
        timeout);
  }

  /**
   * Whether it acknowledges invalidations, as far as is known: memory requests go to it then. Of
   * one that is gone, whether it did.
   */
  boolean isAnswering() {
    return (state.isGone() ? last : state) != FunctionState.SILENT;
  }

  /**
   * It does not acknowledge invalidations, or did not come back from its reset.
   *
   * @param why half a sentence; the first one counts
   */
  void silent(String why) {
    state = state.transition(FunctionState.SILENT);
    if (isolation == null) {
      isolation = new Isolation(id + " (" + name() + ")", now(), why);
    }
  }

  /** Since when and why it is cut off; null if it is not. Of one that is gone, whether it was. */
  @Nullable Isolation isolation() {
    return isolation;
  }

  private void noLongerIsolated() {
    if (isolation != null) {
      isolation.over();
      isolation = null;
    }
  }

  /** Time of the machine, in nanoseconds. */
  long now() {
    return root.loop().nanoTime();
  }

  // The story.

  boolean records(EventKind kind) {
    return root.recorder().records(kind);
  }

  /** The number of a name, for the events of {@link #record}. */
  int name(String name) {
    return root.recorder().name(name);
  }

  /** Records what went over the link, if it is wanted; the event's number. */
  long record(EventKind kind, long cause, long a, long b, long c, long d) {
    if (!records(kind)) {
      return Recorder.NO_CAUSE;
    }
    return root.recorder().record(kind, now(), name(id), cause, a, b, c, d);
  }

  /** Why the SMMU does what it does. */
  long cause() {
    return root.cause();
  }

  /** What the SMMU does from here on, it does because of this event. */
  void causes(long event) {
    root.causedBy(event);
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
              case STALLED_NOW -> stalled == null ? 0 : stalled.held();
              case REQUESTS_TIMED_OUT -> pending.timeouts();
              case ENTRIES_OVER_INVALIDATED ->
                  speaks(DroppedEntries.SINCE_MINOR) ? counted(row) : Counts.UNKNOWN;
              case VIOLATIONS -> root.judge().violations(id) - violationsBefore;
              default -> counted(row);
            });
  }

  long counted(FunctionCounter counter) {
    return counters[counter.slot()];
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

  /** Does what a planned fault makes of something that passes. */
  void inject(Injection fault, Runnable what) {
    switch (fault.kind()) {
      case DROP -> {}
      case DUPLICATE -> {
        what.run();
        what.run();
      }
      case DELAY -> later(what, fault.nanos());
    }
  }

  /** Something that is left undone if the function is gone by then. */
  private void later(Runnable what, long nanos) {
    root.loop()
        .schedule(
            () -> {
              if (!state.isGone() && link.isOpen()) {
                what.run();
              }
            },
            nanos);
  }

  void flushSoon() {
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

  /** More waits for it on its link than another function's writes may add to. */
  boolean isBehind() {
    return link.pendingBytes() > PeerWrites.MOST_BEHIND;
  }

  /** Nothing that it sends is taken until {@link #goOn}. */
  void holdBack() {
    link.pause();
  }

  void goOn() {
    link.resume();
  }

  void askForEntries(AtcRead question) {
    question.encode(link.begin(FrameKind.ATC_READ));
    endAndFlush();
  }

  void sendReset() {
    link.sendControl(ControlCode.RESET);
    flushSoon();
  }

  /** Ends the link because of what the function did; the violation is recorded when it is over. */
  void fault(ProtocolRule broken, String text) {
    fault = broken;
    link.close(ErrorCode.MALFORMED, text);
  }

  /** The rule that ended the link, if this end found it broken. */
  @Nullable ProtocolRule fault() {
    return fault;
  }

  void sendPageResponse(int pasid, int prgIndex, int code) {
    credits.answered(prgIndex);
    if (records(EventKind.PAGE_RESPONSE)) {
      faultCauses.answered(
          prgIndex, record(EventKind.PAGE_RESPONSE, root.cause(), pasid, prgIndex, code, 0));
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
    if (isAnnounced() && FunctionConfig.decidesClaims(register)) {
      root.router().claimsChanged(this);
    }
  }

  /** The machine is at power-on again; the device, which is no part of it, stays as it is. */
  void powerOn() {
    invalidations.abandon();
    state = state.transition(FunctionState.ANSWERING);
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
    peerReads.forget();
    withdrawStalled();
    requests.abandon();
    invalidations.resetBegins();
  }

  /** Nobody waits for what has stalled; software may still answer for it. */
  private void withdrawStalled() {
    if (stalled != null) {
      stalled.forget();
      root.agent().withdraw(requesterId);
    }
  }

  /** The function holds nothing any more, and starts anew; or it does not answer. */
  void resetEnds(boolean answered) {
    if (state.isGone()) {
      return;
    }
    credits.reset();
    peerReads.forget(); // what came meanwhile had been sent before
    withdrawStalled();
    root.pins().gone(this);
    if (answered) {
      count(RESETS);
      state = state.transition(FunctionState.ANSWERING);
      noLongerIsolated();
      invalidations.resetEnds();
    } else {
      long millis = root.config().completionTimeoutNanos() / 1_000_000;
      silent(
          "it did not answer within " + millis + " ms of its reset, bus.completionTimeoutMillis");
      invalidations.notAnswering();
    }
  }

  /**
   * The link is gone, or as good as gone.
   *
   * @param how {@link FunctionState#DETACHED} or {@link FunctionState#LOST}
   */
  void end(FunctionState how) {
    last = state;
    state = state.transition(how);
    root.ledger().detach(grants);
    invalidations.linkLost();
    atc.linkLost();
    peerReads.forget();
    withdrawStalled();
    pending.stop();
  }
}
