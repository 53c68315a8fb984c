package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.ENTRIES_OVER_INVALIDATED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_COMPLETED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_DETACHED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LOST;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_NOT_ANSWERED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_SENT;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_TIMED_OUT;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.RequesterId;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.pcie.ledger.AtcInvalidation;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RevocationScope;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.record.EventKind;

/**
 * What becomes of the SMMU's invalidations at one function: each goes out as an Invalidate Request,
 * ends in what the ledger revokes or gives up, and is told to the SMMU.
 */
final class InvalidationAccount implements Invalidations.Sink {
  private static final long PAGE_BYTES = 4096;

  private final AttachedFunction function;
  private final FunctionGrants grants;
  private final GrantLedger ledger;
  private final SmmuAgent agent;
  private final Judge judge;
  private final long[] latency = new long[LatencyBuckets.COUNT];
  private long latencyNanos;
  private @Nullable Invalidations invalidations;
  private long timeoutNanos;

  InvalidationAccount(
      AttachedFunction function,
      FunctionGrants grants,
      GrantLedger ledger,
      SmmuAgent agent,
      Judge judge) {
    this.function = function;
    this.grants = grants;
    this.ledger = ledger;
    this.agent = agent;
    this.judge = judge;
  }

  /** Training is over, and knows how many Invalidate Requests the function holds. */
  void open(Invalidations account, long timeout) {
    invalidations = account;
    timeoutNanos = timeout;
  }

  /** Once, for the SMMU; as {@link Invalidations.Request} says. */
  void ask(RevocationScope scope, int sizeLog2, long asked, NamedAddresses.Ranges named) {
    long event =
        function.record(
            EventKind.INVALIDATION,
            function.cause(),
            scope.pasid(),
            scope.first(),
            scope.last(),
            0);
    opened().submit(new Invalidations.Request(scope, sizeLog2, asked, 1, event, named));
  }

  private Invalidations opened() {
    if (invalidations == null) {
      throw new IllegalStateException(function.id() + " is not announced yet");
    }
    return invalidations;
  }

  Invalidations.Acknowledged completion(int itag, int count) {
    return invalidations == null
        ? Invalidations.Acknowledged.UNKNOWN_TAG
        : invalidations.completion(itag, count);
  }

  /** The function says what a request made it drop. */
  void dropped(DroppedEntries dropped) {
    int itag = dropped.itag();
    Invalidations.Request request = invalidations == null ? null : invalidations.outstanding(itag);
    if (request != null) {
      long outside = request.named().outside(dropped.entries(), dropped.pages());
      function.count(ENTRIES_OVER_INVALIDATED, outside);
      int pasid = onePasid(request.scope());
      function.pasids.count(PasidCounter.ENTRIES_DROPPED, pasid, dropped.entries());
      tell(dropped, request.event());
    } else if (invalidations == null || !invalidations.isGivenUp(itag)) {
      judge.broken(
          function,
          ProtocolRule.REPORT,
          "tells what it dropped for ITag " + itag + ", which is not in use");
    }
  }

  /** The PASID that a scope is of, negative if it is of none or of all. */
  private static int onePasid(RevocationScope scope) {
    return scope.global() ? Violation.NONE : scope.pasid();
  }

  /** A run of pages after the other; then those that it has not listed, which may be anywhere. */
  private void tell(DroppedEntries dropped, long request) {
    if (!function.records(EventKind.ENTRIES_DROPPED)) {
      return;
    }
    long[] pages = dropped.pages();
    Arrays.sort(pages);
    int first = 0;
    for (int i = 1; i <= pages.length; i++) {
      if (i == pages.length || pages[i] != pages[i - 1] + PAGE_BYTES) {
        tell(request, i - first, pages[first], pages[i - 1] + PAGE_BYTES - 1);
        first = i;
      }
    }
    if (dropped.entries() == 0 || dropped.entries() > pages.length) {
      tell(request, dropped.entries() - pages.length, 0, -1);
    }
  }

  private void tell(long request, long entries, long first, long last) {
    function.record(EventKind.ENTRIES_DROPPED, request, entries, first, last, 0);
  }

  /** Nobody waits for what is under way. */
  void abandon() {
    opened().abandon();
  }

  void resetBegins() {
    opened().resetBegins();
  }

  /** The function caches nothing any more. */
  void resetEnds() {
    grants.revokeAll();
    grants.answerAgain();
    opened().resetEnds();
  }

  /** The function did not come back from its reset. */
  void notAnswering() {
    grants.stopAnswering();
    opened().notAnswering();
  }

  void linkLost() {
    if (invalidations != null) {
      invalidations.linkLost();
    }
  }

  /** Of those that were completed in time; null without one. */
  @Nullable RoundTrips roundTrips() {
    return RoundTrips.of(latency, 0, latencyNanos);
  }

  @Override
  public long mark() {
    return ledger.mark();
  }

  @Override
  public void send(int itag, Invalidations.Request request) {
    function.count(INVALIDATIONS_SENT);
    function.pasids.count(PasidCounter.INVALIDATIONS_SENT, onePasid(request.scope()));
    Injection injected = agent.requests().pass(function.requesterId());
    if (injected == null) {
      sendNow(itag, request);
    } else {
      function.inject(injected, () -> sendNow(itag, request));
    }
  }

  private void sendNow(int itag, Invalidations.Request request) {
    RevocationScope scope = request.scope();
    ByteBuf out = function.begin();
    TlpWriter.pasidPrefix(out, scope.pasid(), false, false);
    long payload = AtsEntry.encodeInvalidation(scope.first(), request.sizeLog2(), scope.global());
    TlpWriter.invalidateRequest(out, RequesterId.ROOT, function.requesterId(), itag, payload);
    function.endAndFlush();
  }

  @Override
  public void completed(int itag, Invalidations.Request request, long issuedUpTo, long nanos) {
    RevocationScope scope = request.scope();
    function.record(
        EventKind.INVALIDATION_COMPLETED,
        request.event(),
        scope.pasid(),
        scope.first(),
        scope.last(),
        request.count());
    function.count(INVALIDATIONS_COMPLETED);
    latency[LatencyBuckets.index(nanos)]++;
    latencyNanos += nanos;
    revoke(itag, request, issuedUpTo);
    agent.ended(request.count(), false);
  }

  @Override
  public void timedOut(Invalidations.Request request) {
    recordEnd("timed out", request);
    function.count(INVALIDATIONS_TIMED_OUT);
    RevocationScope scope = request.scope();
    function.silent(
        String.format(
            "the ATC_INV of %s had no Invalidate Completion within %d ms%s",
            scope.describe(), timeoutNanos / 1_000_000, ledger.steps().inWords(request.event())));
    StillGranted frames = new StillGranted();
    grants.visit(scope, frames);
    judge.broken(
        function,
        ProtocolRule.INVALIDATE_TIME,
        scope.pasid(),
        scope.first(),
        frames.first(),
        String.format(
            "no Invalidate Completion within %d ms for 0x%x to 0x%x%s; still granted: %s",
            timeoutNanos / 1_000_000,
            scope.first(),
            scope.last(),
            ledger.steps().inWords(request.event()),
            frames));
    grants.giveUp(scope, request.asked(), request.event());
    grants.stopAnswering();
    agent.ended(request.count(), true);
  }

  @Override
  public void completedLate(int itag, Invalidations.Request request, long issuedUpTo) {
    revoke(itag, request, issuedUpTo);
  }

  private void revoke(int itag, Invalidations.Request request, long issuedUpTo) {
    grants.revoke(
        new AtcInvalidation(request.scope(), itag, function.now(), request.event()), issuedUpTo);
  }

  @Override
  public void failed(Invalidations.Request request, boolean linkLost) {
    recordEnd(linkLost ? "lost with the link" : "failed", request);
    boolean clean = linkLost && function.state() == FunctionState.DETACHED;
    if (clean) {
      function.count(INVALIDATIONS_DETACHED);
    } else {
      function.count(linkLost ? INVALIDATIONS_LOST : INVALIDATIONS_NOT_ANSWERED);
    }
    if (!linkLost) {
      grants.giveUp(request.scope(), request.asked(), request.event());
    }
    agent.ended(request.count(), !clean);
  }

  @Override
  public void abandoned(Invalidations.Request request) {
    recordEnd("abandoned", request);
    agent.ended(request.count(), false);
  }

  private void recordEnd(String how, Invalidations.Request request) {
    if (function.records(EventKind.INVALIDATION_ENDED)) {
      RevocationScope scope = request.scope();
      function.record(
          EventKind.INVALIDATION_ENDED,
          request.event(),
          function.name(how),
          scope.pasid(),
          scope.first(),
          scope.last());
    }
  }
}
