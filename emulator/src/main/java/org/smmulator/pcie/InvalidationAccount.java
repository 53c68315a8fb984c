package org.smmulator.pcie;

import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_COMPLETED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_DETACHED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_LOST;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_NOT_ANSWERED;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_SENT;
import static org.smmulator.pcie.FunctionCounter.INVALIDATIONS_TIMED_OUT;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.LatencyBuckets;
import org.smmulator.pcie.ledger.FunctionGrants;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RevocationScope;

/**
 * What becomes of the SMMU's invalidations at one function: each goes out as an Invalidate Request,
 * ends in what the ledger revokes or gives up, and is told to the SMMU.
 */
final class InvalidationAccount implements Invalidations.Sink {
  private final AttachedFunction function;
  private final FunctionGrants grants;
  private final GrantLedger ledger;
  private final SmmuAgent agent;
  private final Judge judge;
  private final long[] latency = new long[LatencyBuckets.COUNT];
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

  void ask(Invalidations.Request request) {
    opened().submit(request);
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

  long[] latency() {
    return latency.clone();
  }

  @Override
  public long mark() {
    return ledger.mark();
  }

  @Override
  public void send(int itag, Invalidations.Request request) {
    record("invalidation", request);
    function.count(INVALIDATIONS_SENT);
    if (agent.losesInvalidation()) {
      return;
    }
    RevocationScope scope = request.scope();
    ByteBuf out = function.begin();
    TlpWriter.pasidPrefix(out, scope.pasid(), false, false);
    long payload = AtsEntry.encodeInvalidation(scope.first(), request.sizeLog2(), scope.global());
    TlpWriter.invalidateRequest(out, RequesterId.ROOT, function.requesterId(), itag, payload);
    function.endAndFlush();
  }

  @Override
  public void completed(Invalidations.Request request, long issuedUpTo, long nanos) {
    record("invalidation completed", request);
    function.count(INVALIDATIONS_COMPLETED);
    latency[LatencyBuckets.index(nanos)]++;
    grants.revoke(request.scope(), issuedUpTo);
    agent.ended(request.count(), false);
  }

  @Override
  public void timedOut(Invalidations.Request request) {
    record("invalidation timed out", request);
    function.count(INVALIDATIONS_TIMED_OUT);
    function.silent();
    RevocationScope scope = request.scope();
    StillGranted frames = new StillGranted();
    grants.visit(scope, frames);
    judge.broken(
        function,
        ProtocolRule.INVALIDATE_TIME,
        scope.pasid(),
        scope.first(),
        frames.first(),
        String.format(
            "no Invalidate Completion within %d ms for 0x%x to 0x%x; still granted: %s",
            timeoutNanos / 1_000_000, scope.first(), scope.last(), frames));
    grants.giveUp(scope, request.asked());
    grants.stopAnswering();
    agent.ended(request.count(), true);
  }

  @Override
  public void completedLate(Invalidations.Request request, long issuedUpTo) {
    grants.revoke(request.scope(), issuedUpTo);
  }

  @Override
  public void failed(Invalidations.Request request, boolean linkLost) {
    boolean clean = linkLost && function.state() == FunctionState.DETACHED;
    if (clean) {
      function.count(INVALIDATIONS_DETACHED);
    } else {
      function.count(linkLost ? INVALIDATIONS_LOST : INVALIDATIONS_NOT_ANSWERED);
    }
    if (!linkLost) {
      grants.giveUp(request.scope(), request.asked());
    }
    agent.ended(request.count(), !clean);
  }

  @Override
  public void abandoned(Invalidations.Request request) {
    agent.ended(request.count(), false);
  }

  private void record(String what, Invalidations.Request request) {
    if (function.isRecording()) {
      RevocationScope scope = request.scope();
      String pasid = AttachedFunction.pasid(scope.pasid());
      function.record(String.format("%s%s 0x%x to 0x%x", what, pasid, scope.first(), scope.last()));
    }
  }
}
