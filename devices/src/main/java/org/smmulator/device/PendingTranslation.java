package org.smmulator.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.smmulator.device.atc.InvalidationScope;

/**
 * A page whose translation is being asked for, from the miss until the packet that missed is sent
 * or has failed: through translation requests, page requests, and requests again.
 */
final class PendingTranslation {
  /** Invalidations kept apart; after more than these the answer is stale whatever its range. */
  private static final int MOST_SCOPES = 32;

  /** The span whose packet missed; the answer is for it. */
  final PageSpan owner;

  final int pasid;
  final long page;
  final boolean write;

  /** Spans that met the page meanwhile; they look again afterwards. */
  private final Queue<PageSpan> waiters = new ArrayDeque<>(1);

  private final List<InvalidationScope> scopes = new ArrayList<>(0);
  private boolean requested;
  private int pageRequestRounds;

  PendingTranslation(PageSpan owner) {
    this.owner = owner;
    this.pasid = owner.operation.pasid;
    this.page = owner.address() & ~0xFFFL;
    this.write = owner.operation.write;
  }

  boolean isFor(int askedPasid, long address) {
    return page == (address & ~0xFFFL) && pasid == askedPasid;
  }

  void addWaiter(PageSpan span) {
    waiters.add(span);
  }

  Queue<PageSpan> waiters() {
    return waiters;
  }

  /** A translation request is on its way. */
  void requested() {
    requested = true;
    scopes.clear();
  }

  void answered() {
    requested = false;
  }

  boolean isRequested() {
    return requested;
  }

  /** An Invalidate Request overtook the answer, if one is on its way. */
  void invalidated(InvalidationScope scope) {
    if (!requested || !scope.reaches(pasid, page, Long.SIZE) || scopes.size() > MOST_SCOPES) {
      return;
    }
    scopes.add(scopes.size() < MOST_SCOPES ? scope : InvalidationScope.EVERYTHING);
  }

  /** Whether the answer is older than an invalidation of its range. */
  boolean isStale(int sizeLog2) {
    for (InvalidationScope scope : scopes) {
      if (scope.reaches(pasid, page, sizeLog2)) {
        return true;
      }
    }
    return false;
  }

  /** Counts another page request; how many that makes. */
  int nextPageRequestRound() {
    return ++pageRequestRounds;
  }
}
