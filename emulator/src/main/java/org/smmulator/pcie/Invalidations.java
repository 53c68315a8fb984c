package org.smmulator.pcie;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.AtsCapability;
import org.smmulator.execution.Loop;
import org.smmulator.execution.Loop.Timer;
import org.smmulator.pcie.ledger.RevocationScope;

/**
 * The Invalidate Requests of one function (PCIe 10.3): at most 32 and at most its Invalidate Queue
 * Depth are with the function, each under an ITag of its own; the others wait in order. A tag is
 * free again when all its completions have come. Whoever stops waiting for them, for whatever
 * reason, gives the tag up: it stays out of use until they have come late, so that they never
 * complete a newer request. The first request without completion in time ends the function's
 * account: everything outstanding fails at once, and so does what comes later, until the function
 * is reset or attached anew.
 */
final class Invalidations {
  /** What happens to requests; each ends in exactly one of the last four. */
  interface Sink {
    /** Puts a request on the wire. */
    void send(int itag, Request request);

    /** Every completion has come. */
    void completed(int itag, Request request, long issuedUpTo, long nanos);

    /** The completions of a request have come that nobody waited for any more. */
    void completedLate(int itag, Request request, long issuedUpTo);

    /** This request had no completion in time, or no ITag to be sent with. */
    void timedOut(Request request);

    /** Given up because of another one's time-out, or because the link is gone. */
    void failed(Request request, boolean linkLost);

    /** Nobody waits for this request any more, or nothing is left that it could invalidate. */
    void abandoned(Request request);

    /** The last grant given out so far. */
    long mark();
  }

  /**
   * One request.
   *
   * @param asked the last grant given out before the SMMU asked for it
   * @param count how many of the SMMU's it stands for
   * @param event its number in the story; 0 if nobody records it, or if it stands for several
   * @param named what software had named before it
   */
  record Request(
      RevocationScope scope,
      int sizeLog2,
      long asked,
      long count,
      long event,
      NamedAddresses.Ranges named) {}

  /** What an Invalidate Completion did. */
  enum Acknowledged {
    KNOWN,
    LATE,
    UNKNOWN_TAG,
    COUNT_CHANGED
  }

  private static final int ALL_TAGS = -1;
  private static final long NO_GRANT = -1;

  /** Requests given up in one turn of the loop. */
  private static final int SLICE = 32;

  /** What waits beyond this becomes one request for everything: to drop more is allowed. */
  static final int MAX_WAITING = 1 << 16;

  private final Loop loop;
  private final long timeoutNanos;
  private final Sink sink;
  private final int depth;
  private final @Nullable Request[] outstanding = new @Nullable Request[AtsCapability.ITAGS];

  /** Given up, and their completions still owed. */
  private final @Nullable Request[] owed = new @Nullable Request[AtsCapability.ITAGS];

  private final long[] sentAt = new long[AtsCapability.ITAGS];
  private final long[] marks = new long[AtsCapability.ITAGS];
  private final int[] expected = new int[AtsCapability.ITAGS];
  private final int[] received = new int[AtsCapability.ITAGS];
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private long beyond;

  // Sets of ITags: outstanding; given up and still owed; of those, gone from the function's queue.
  private int active;
  private int givenUp;
  private int forgotten;

  private int nextTag;
  private boolean failing;
  private boolean resetting;

  /** Since when requests wait with none outstanding, because all tags or places are given up. */
  private long stuckSince;

  private @Nullable Timer timer;

  Invalidations(Loop loop, long timeoutNanos, int depth, Sink sink) {
    this.loop = loop;
    this.timeoutNanos = timeoutNanos;
    this.depth = depth;
    this.sink = sink;
  }

  void submit(Request request) {
    if (failing) {
      sink.failed(request, false);
      return;
    }
    if (waiting.isEmpty() && beyond == 0 && maySend()) {
      send(request);
      return;
    }
    if (waiting.isEmpty() && beyond == 0) {
      stuckSince = loop.nanoTime();
    }
    if (waiting.size() < MAX_WAITING && beyond == 0) {
      waiting.add(request);
    } else {
      beyond++;
    }
    startTimer(timeoutNanos);
  }

  private boolean maySend() {
    int inQueue = active | (givenUp & ~forgotten);
    return !failing
        && !resetting
        && (active | givenUp) != ALL_TAGS
        && Integer.bitCount(inQueue) < depth;
  }

  private boolean isWaiting() {
    return !waiting.isEmpty() || beyond > 0;
  }

  private @Nullable Request nextWaiting() {
    Request next = waiting.poll();
    if (next == null && beyond > 0) {
      // It drops more than was asked for, so that nothing is overdue if it is given up.
      next =
          new Request(
              RevocationScope.EVERYTHING,
              Long.SIZE,
              NO_GRANT,
              beyond,
              0,
              NamedAddresses.Ranges.EVERYTHING);
      beyond = 0;
    }
    return next;
  }

  private void sendWaiting() {
    while (maySend()) {
      Request next = nextWaiting();
      if (next == null) {
        return;
      }
      send(next);
    }
  }

  private void send(Request request) {
    while (((active | givenUp) >>> nextTag & 1) != 0) {
      nextTag = (nextTag + 1) % AtsCapability.ITAGS;
    }
    int itag = nextTag;
    nextTag = (nextTag + 1) % AtsCapability.ITAGS;
    active |= 1 << itag;
    outstanding[itag] = request;
    sentAt[itag] = loop.nanoTime();
    marks[itag] = sink.mark();
    expected[itag] = 0;
    received[itag] = 0;
    startTimer(timeoutNanos);
    sink.send(itag, request);
  }

  /** The request that waits for completions under an ITag, or null. */
  @Nullable Request outstanding(int itag) {
    return itag < AtsCapability.ITAGS ? outstanding[itag] : null;
  }

  /** Whether completions under an ITag are owed, though nobody waits for them any more. */
  boolean isGivenUp(int itag) {
    return itag < AtsCapability.ITAGS && (givenUp >>> itag & 1) != 0;
  }

  /** An Invalidate Completion for one ITag, one of {@code count}. */
  Acknowledged completion(int itag, int count) {
    Request request = outstanding[itag];
    boolean late = (givenUp >>> itag & 1) != 0;
    if (request == null && !late) {
      return Acknowledged.UNKNOWN_TAG;
    }
    boolean changed = expected[itag] != 0 && expected[itag] != count;
    expected[itag] = count;
    if (++received[itag] >= count) {
      Request owing = owed[itag];
      release(itag);
      if (request != null) {
        sink.completed(itag, request, marks[itag], loop.nanoTime() - sentAt[itag]);
      } else if (owing != null) {
        sink.completedLate(itag, owing, marks[itag]);
      }
      sendWaiting();
      stuckSince = loop.nanoTime();
      if (active == 0 && !isWaiting()) {
        stopTimer();
      }
    }
    return changed ? Acknowledged.COUNT_CHANGED : late ? Acknowledged.LATE : Acknowledged.KNOWN;
  }

  private void release(int itag) {
    outstanding[itag] = null;
    owed[itag] = null;
    active &= ~(1 << itag);
    givenUp &= ~(1 << itag);
    forgotten &= ~(1 << itag);
  }

  private void expire() {
    timer = null;
    long now = loop.nanoTime();
    long oldest = active == 0 && isWaiting() && !resetting ? stuckSince : Long.MAX_VALUE;
    if (oldest != Long.MAX_VALUE && now - oldest >= timeoutNanos) {
      failing = true;
      Request first = nextWaiting();
      if (first != null) {
        sink.timedOut(first);
      }
    }
    for (int itag = 0; itag < AtsCapability.ITAGS; itag++) {
      Request request = outstanding[itag];
      if (request == null) {
        continue;
      }
      if (now - sentAt[itag] >= timeoutNanos) {
        failing = true;
        giveUp(itag);
        sink.timedOut(request);
      } else {
        oldest = Math.min(oldest, sentAt[itag]);
      }
    }
    if (failing) {
      failAll(false);
    } else if (oldest != Long.MAX_VALUE) {
      startTimer(oldest + timeoutNanos - now);
    }
  }

  private void giveUp(int itag) {
    owed[itag] = outstanding[itag];
    outstanding[itag] = null;
    active &= ~(1 << itag);
    givenUp |= 1 << itag;
  }

  /** The link is gone: what is outstanding fails now. */
  void linkLost() {
    failing = true;
    stopTimer();
    failAll(true);
  }

  /** The function did not come back from a reset: what is outstanding fails, and what follows. */
  void notAnswering() {
    resetting = false;
    failing = true;
    stopTimer();
    failAll(false);
  }

  /** The SMMU begins anew, and the function's account with it. */
  void abandon() {
    failing = false;
    stopTimer();
    for (int itag = 0; itag < AtsCapability.ITAGS; itag++) {
      Request request = outstanding[itag];
      if (request != null) {
        giveUp(itag);
        sink.abandoned(request);
      }
    }
    for (Request next = nextWaiting(); next != null; next = nextWaiting()) {
      sink.abandoned(next);
    }
  }

  /** A reset is on its way: nothing is sent until it is known to be over. */
  void resetBegins() {
    resetting = true;
  }

  /**
   * The function has been reset: it caches nothing, so that there is nothing left to invalidate,
   * and its queue is empty.
   */
  void resetEnds() {
    resetting = false;
    abandon();
    forgotten = givenUp;
  }

  private void startTimer(long nanos) {
    if (timer == null) {
      timer = loop.schedule(this::expire, nanos);
    }
  }

  /** Who moves virtual time from deadline to deadline meets only those that mean something. */
  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void failAll(boolean linkLost) {
    for (int itag = 0; itag < AtsCapability.ITAGS; itag++) {
      Request request = outstanding[itag];
      if (request != null) {
        giveUp(itag);
        sink.failed(request, linkLost);
      }
    }
    failWaiting(linkLost);
  }

  /** Some now, and the others in their turn: each may be a search through all grants. */
  private void failWaiting(boolean linkLost) {
    int left = linkLost ? Integer.MAX_VALUE : SLICE;
    for (Request next = nextWaiting(); next != null; next = --left > 0 ? nextWaiting() : null) {
      sink.failed(next, linkLost);
    }
    if (isWaiting()) {
      stopTimer();
      timer = loop.schedule(() -> failWaiting(false), 0);
    }
  }
}
