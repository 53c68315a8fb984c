package org.smmulator.pcie;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.smmulator.pcie.ledger.InvalidationScope;
import org.smmulator.time.HardwareLoop;
import org.smmulator.time.HardwareLoop.Timer;

/**
 * The Invalidate Requests of one function (PCIe 10.3): at most 32 and at most its Invalidate Queue
 * Depth are on the wire, each under an ITag of its own; the others wait in order. A tag is free
 * again when all its completions have come. The first request without completion in time ends the
 * function's account: everything outstanding fails at once, and so does what comes later, until the
 * function is attached anew. So a tag given up is never used again, and a late completion is known
 * as such.
 */
final class Invalidations {
  /** What happens to requests; each ends in exactly one of the last three. */
  interface Sink {
    /** Puts a request on the wire. */
    void send(int itag, Request request);

    /** Every completion has come. */
    void completed(Request request, long issuedUpTo, long nanos);

    /** This request had no completion in time. */
    void timedOut(Request request);

    /** Given up because of another one's time-out, or because the link is gone. */
    void failed(Request request, boolean linkLost);

    /** Nobody waits for this request any more. */
    void abandoned(Request request);

    /** The last grant given out so far. */
    long mark();
  }

  /**
   * One request.
   *
   * @param count how many of the SMMU's it stands for
   */
  record Request(InvalidationScope scope, int sizeLog2, long count) {}

  /** What an Invalidate Completion did. */
  enum Acknowledged {
    KNOWN,
    LATE,
    UNKNOWN_TAG,
    COUNT_CHANGED
  }

  private static final int ITAGS = 32;

  /** What waits beyond this becomes one request for everything: to drop more is allowed. */
  static final int MAX_WAITING = 1 << 16;

  private final HardwareLoop loop;
  private final long timeoutNanos;
  private final Sink sink;
  private final int depth;
  private final @Nullable Request[] outstanding = new @Nullable Request[ITAGS];
  private final long[] sentAt = new long[ITAGS];
  private final long[] marks = new long[ITAGS];
  private final int[] expected = new int[ITAGS];
  private final int[] received = new int[ITAGS];
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private long beyond;
  private int active;
  private int givenUp;
  private int nextTag;
  private boolean failing;
  private @Nullable Timer timer;

  Invalidations(HardwareLoop loop, long timeoutNanos, int depth, Sink sink) {
    this.loop = loop;
    this.timeoutNanos = timeoutNanos;
    this.depth = depth;
    this.sink = sink;
  }

  void submit(Request request) {
    if (failing) {
      sink.failed(request, false);
    } else if (Integer.bitCount(active) < depth) {
      send(request);
    } else if (waiting.size() < MAX_WAITING && beyond == 0) {
      waiting.add(request);
    } else {
      beyond++;
    }
  }

  private @Nullable Request nextWaiting() {
    Request next = waiting.poll();
    if (next == null && beyond > 0) {
      next = new Request(InvalidationScope.EVERYTHING, Long.SIZE, beyond);
      beyond = 0;
    }
    return next;
  }

  private void send(Request request) {
    while ((active >>> nextTag & 1) != 0) {
      nextTag = (nextTag + 1) % ITAGS;
    }
    int itag = nextTag;
    nextTag = (nextTag + 1) % ITAGS;
    active |= 1 << itag;
    outstanding[itag] = request;
    sentAt[itag] = loop.nanoTime();
    marks[itag] = sink.mark();
    expected[itag] = 0;
    received[itag] = 0;
    if (timer == null) {
      timer = loop.schedule(this::expire, timeoutNanos);
    }
    sink.send(itag, request);
  }

  /** An Invalidate Completion for one ITag, one of {@code count}. */
  Acknowledged completion(int itag, int count) {
    Request request = outstanding[itag];
    if (request == null) {
      return (givenUp >>> itag & 1) != 0 ? Acknowledged.LATE : Acknowledged.UNKNOWN_TAG;
    }
    Acknowledged outcome =
        expected[itag] != 0 && expected[itag] != count
            ? Acknowledged.COUNT_CHANGED
            : Acknowledged.KNOWN;
    expected[itag] = count;
    if (++received[itag] >= count) {
      release(itag);
      sink.completed(request, marks[itag], loop.nanoTime() - sentAt[itag]);
      Request next = failing ? null : nextWaiting();
      if (next != null) {
        send(next);
      } else if (active == 0) {
        stopTimer();
      }
    }
    return outcome;
  }

  private void release(int itag) {
    outstanding[itag] = null;
    active &= ~(1 << itag);
  }

  private void expire() {
    timer = null;
    long now = loop.nanoTime();
    long oldest = Long.MAX_VALUE;
    for (int itag = 0; itag < ITAGS; itag++) {
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
      timer = loop.schedule(this::expire, oldest + timeoutNanos - now);
    }
  }

  private void giveUp(int itag) {
    release(itag);
    givenUp |= 1 << itag;
  }

  /** The link is gone: what is outstanding fails now. */
  void linkLost() {
    failing = true;
    stopTimer();
    failAll(true);
  }

  /** The SMMU begins anew: completions that still come are late. */
  void abandon() {
    stopTimer();
    for (int itag = 0; itag < ITAGS; itag++) {
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

  /** Who moves virtual time from deadline to deadline meets only those that mean something. */
  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void failAll(boolean linkLost) {
    for (int itag = 0; itag < ITAGS; itag++) {
      Request request = outstanding[itag];
      if (request != null) {
        giveUp(itag);
        sink.failed(request, linkLost);
      }
    }
    for (Request next = nextWaiting(); next != null; next = nextWaiting()) {
      sink.failed(next, linkLost);
    }
  }
}
