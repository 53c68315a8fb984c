package org.smmulator.device;

import java.util.function.Consumer;
import org.smmulator.device.OutstandingRequest.Use;
import org.smmulator.device.atc.InvalidationScope;

/**
 * The tags, at most 256, of the function's non-posted requests (Base Specification 2.2.6.2). The
 * tag that was free for longest is taken first. A request that timed out, or lost its operation in
 * a reset, keeps its tag until its answer comes or another time-out has passed, so that a late
 * answer meets no other request. Only the link's thread may call it.
 */
final class Tags {
  private final OutstandingRequest[] requests;
  private final OutstandingRequest[] free;
  private int firstFree;
  private int freeCount;

  Tags(int count) {
    this.requests = new OutstandingRequest[count];
    this.free = new OutstandingRequest[count];
    this.freeCount = count;
    for (int tag = 0; tag < count; tag++) {
      requests[tag] = new OutstandingRequest(tag);
      free[tag] = requests[tag];
    }
  }

  boolean available() {
    return freeCount > 0;
  }

  OutstandingRequest take(long nowNanos) {
    if (freeCount == 0) {
      throw new IllegalStateException("no tag is free");
    }
    OutstandingRequest request = free[firstFree];
    firstFree = (firstFree + 1) % free.length;
    freeCount--;
    request.sentNanos = nowNanos;
    return request;
  }

  int count() {
    return requests.length;
  }

  OutstandingRequest get(int tag) {
    return requests[tag];
  }

  void release(OutstandingRequest request) {
    if (request.use == Use.FREE) {
      throw new IllegalStateException("tag " + request.tag + " is free already");
    }
    request.forget(Use.FREE);
    free[(firstFree + freeCount) % free.length] = request;
    freeCount++;
  }

  /** Nobody waits for this answer any more. */
  void abandon(OutstandingRequest request, long nowNanos) {
    request.forget(Use.ABANDONED);
    request.sentNanos = nowNanos;
  }

  void abandonAll(long nowNanos) {
    for (OutstandingRequest request : requests) {
      if (request.use != Use.FREE) {
        abandon(request, nowNanos);
      }
    }
  }

  /** Holds an Invalidate Request for every read that uses what it reaches; how many they are. */
  int hold(InvalidationScope scope, int itag) {
    int readers = 0;
    for (OutstandingRequest request : requests) {
      if (request.uses(scope)) {
        request.heldItags |= 1 << itag;
        readers++;
      }
    }
    return readers;
  }

  /** Frees abandoned tags, and passes on requests in use, that were sent before a time. */
  void expire(long sentBefore, Consumer<OutstandingRequest> timedOut) {
    for (OutstandingRequest request : requests) {
      if (request.use == Use.FREE || request.sentNanos - sentBefore > 0) {
        continue;
      }
      if (request.use == Use.ABANDONED) {
        release(request);
      } else {
        timedOut.accept(request);
      }
    }
  }
}
