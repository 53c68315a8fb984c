package org.smmulator.pcie;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.tlp.CompletionStatus;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.execution.Loop;
import org.smmulator.execution.Loop.Timer;
import org.smmulator.memory.Response;

/**
 * The non-posted requests that the root complex has sent to one function, configuration accesses
 * and BAR reads, by 8-bit tag; when all tags are out, a bounded number waits. A completion that
 * does not fit its request changes nothing. A request without completion in time fails; its tag is
 * used again only after the late completion has come, so that nothing is mistaken for the answer to
 * another request. Its time begins when it is submitted, so that whoever submits one knows when it
 * is over. A configuration request that is to be retried keeps its tag and its deadline, and is
 * sent again after a pause.
 */
final class PendingRequests {
  /** One request. */
  interface Request {
    /** Puts the request on the wire. */
    void send(int tag);

    /** Whether a completion is one that this request can have (Base Specification 2.3.2). */
    boolean fits(Tlp completion);

    /** Whether the function may ask for it to be sent again later (Base Specification 2.3.1). */
    default boolean isRetryable() {
      return false;
    }

    /** How long it may take; {@link #UNLIMITED} for as long as the link lives. */
    default long patienceNanos(long usual) {
      return usual;
    }

    /**
     * The function has answered, or will not: {@link Response#DECERR} for Unsupported Request or a
     * function that is reset or gone (Base Specification 2.9.1), {@link Response#SLVERR} for
     * Completer Abort, poisoned data, no answer in time, and too many requests.
     *
     * @param payload the first 8 bytes of payload at most, little-endian; 0 without success
     */
    void done(Response response, long payload);
  }

  /** What a completion did. */
  enum Answered {
    KNOWN,
    LATE,
    UNKNOWN_TAG,
    DOES_NOT_FIT
  }

  static final long UNLIMITED = Long.MAX_VALUE;

  /** Pause before a request is sent again that the function was not ready for. */
  static final long RETRY_NANOS = 1_000_000L;

  private static final int TAGS = 256;
  private static final int MAX_WAITING = 4096;

  private final Loop loop;
  private final long timeoutNanos;
  private final @Nullable Request[] outstanding = new @Nullable Request[TAGS];
  private final long[] deadline = new long[TAGS];

  /** Given up, and the completion may still come: the tag is out of use. */
  private final @Nullable Request[] owed = new @Nullable Request[TAGS];

  /** Not on the wire now: the request will be sent again. */
  private final boolean[] pausing = new boolean[TAGS];

  /** A request without a tag. */
  private record Waiting(Request request, long deadline) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int nextTag;
  private int active;
  private boolean failing;
  private @Nullable Timer timer;
  private long timerAt = UNLIMITED;
  private long timeouts;

  PendingRequests(Loop loop, long timeoutNanos) {
    this.loop = loop;
    this.timeoutNanos = timeoutNanos;
  }

  /** Sends a request, now or when a tag is free; fails it at once when neither is possible. */
  void submit(Request request) {
    int tag = failing || !waiting.isEmpty() ? -1 : freeTag();
    long patience = request.patienceNanos(timeoutNanos);
    long until = patience == UNLIMITED ? UNLIMITED : loop.nanoTime() + patience;
    if (tag >= 0) {
      send(tag, request, until);
    } else if (failing || active == 0 || waiting.size() >= MAX_WAITING) {
      request.done(failing ? Response.DECERR : Response.SLVERR, 0);
    } else {
      waiting.add(new Waiting(request, until)); // all that have a tag end no later than it
    }
  }

  private int freeTag() {
    for (int i = 0; i < TAGS; i++) {
      int tag = (nextTag + i) % TAGS;
      if (outstanding[tag] == null && owed[tag] == null) {
        nextTag = (tag + 1) % TAGS;
        return tag;
      }
    }
    return -1;
  }

  private void send(int tag, Request request, long until) {
    outstanding[tag] = request;
    deadline[tag] = until;
    active++;
    setTimerBy(until);
    request.send(tag);
  }

  /** A completion has come. */
  Answered completion(Tlp completion) {
    int tag = completion.tag();
    Request request = tag >= TAGS || pausing[tag] ? null : outstanding[tag];
    if (request == null) {
      return lateCompletion(completion);
    }
    if (!request.fits(completion)) {
      return Answered.DOES_NOT_FIT;
    }
    if (completion.status() == CompletionStatus.CRS && request.isRetryable()) {
      retry(tag, request);
      return Answered.KNOWN;
    }
    outstanding[tag] = null;
    active--;
    Response response = response(completion);
    request.done(response, response == Response.OKAY ? payload(completion) : 0);
    sendWaiting();
    if (active == 0) {
      stopTimer();
    }
    return Answered.KNOWN;
  }

  private Answered lateCompletion(Tlp completion) {
    int tag = completion.tag();
    Request request = tag >= TAGS ? null : owed[tag];
    if (request == null) {
      return Answered.UNKNOWN_TAG;
    }
    if (!request.fits(completion)) {
      return Answered.DOES_NOT_FIT;
    }
    owed[tag] = null;
    sendWaiting();
    return Answered.LATE;
  }

  /** Statuses that have no meaning here are Unsupported Request (Base Specification 2.3.2). */
  private static Response response(Tlp completion) {
    return switch (completion.status()) {
      case CompletionStatus.SC -> completion.isPoisoned() ? Response.SLVERR : Response.OKAY;
      case CompletionStatus.CA -> Response.SLVERR;
      default -> Response.DECERR;
    };
  }

  private static long payload(Tlp completion) {
    return switch (completion.payloadBytes()) {
      case Integer.BYTES -> completion.buffer().getUnsignedIntLE(completion.payloadIndex());
      case Long.BYTES -> completion.buffer().getLongLE(completion.payloadIndex());
      default -> 0;
    };
  }

  /**
   * The function is not ready for a configuration request yet (Configuration Request Retry Status):
   * it is sent again, within its time.
   */
  private void retry(int tag, Request request) {
    pausing[tag] = true;
    loop.schedule(
        () -> {
          if (outstanding[tag] == request && pausing[tag]) {
            pausing[tag] = false;
            request.send(tag);
          }
        },
        RETRY_NANOS);
  }

  private void sendWaiting() {
    while (!waiting.isEmpty() && !failing) {
      int tag = freeTag();
      if (tag < 0) {
        return;
      }
      Waiting first = waiting.remove();
      send(tag, first.request, first.deadline);
    }
  }

  private void expire() {
    stopTimer();
    long now = loop.nanoTime();
    for (int tag = 0; tag < TAGS; tag++) {
      Request request = outstanding[tag];
      if (request != null && deadline[tag] <= now) {
        timeouts++;
        giveUp(tag);
        request.done(Response.SLVERR, 0);
      }
    }
    sendWaiting();
    if (active == 0) {
      failWaiting();
    }
    setTimerBy(firstDeadline());
  }

  private void setTimerBy(long at) {
    if (at < timerAt) {
      stopTimer();
      timer = loop.schedule(this::expire, Math.max(0, at - loop.nanoTime()));
      timerAt = at;
    }
  }

  private long firstDeadline() {
    long first = UNLIMITED;
    for (int tag = 0; tag < TAGS; tag++) {
      if (outstanding[tag] != null) {
        first = Math.min(first, deadline[tag]);
      }
    }
    return first;
  }

  private void giveUp(int tag) {
    owed[tag] = pausing[tag] ? null : outstanding[tag];
    outstanding[tag] = null;
    pausing[tag] = false;
    active--;
  }

  /** Fails everything that is under way; requests that this leads to are new ones. */
  void abandon() {
    stopTimer();
    List<Request> ended = new ArrayList<>();
    for (int tag = 0; tag < TAGS; tag++) {
      Request request = outstanding[tag];
      if (request != null) {
        ended.add(request);
        giveUp(tag);
      }
    }
    waiting.forEach(next -> ended.add(next.request));
    waiting.clear();
    ended.forEach(request -> request.done(Response.DECERR, 0));
  }

  /** Fails everything, now and from now on. */
  void stop() {
    failing = true;
    abandon();
  }

  /** Who moves virtual time from deadline to deadline meets only those that mean something. */
  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
      timerAt = UNLIMITED;
    }
  }

  private void failWaiting() {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      next.request.done(Response.SLVERR, 0);
    }
  }

  long timeouts() {
    return timeouts;
  }
}
