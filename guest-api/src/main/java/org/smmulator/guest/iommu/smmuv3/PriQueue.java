package org.smmulator.guest.iommu.smmuv3;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.event.PageRequestField;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.Carrier;
import org.smmulator.record.Recorder;

/**
 * Empties the PRI queue (IHI 0070 8). A record is consumed before its request is handed on: the
 * answer lets the device send another, which must find room.
 */
final class PriQueue {
  private static final Logger log = LoggerFactory.getLogger(PriQueue.class);

  private final Sched sched;
  private final OutputQueue queue;
  private final Streams streams;
  private final CommandQueue commands;
  private final InterruptTask task;
  private final Tally<DriverCounter> counters;
  private final RateLimit overflowMessages = RateLimit.ofOverflows();
  private final PageRequestTaker taker;

  /** First word of the record that left the queue and has not reached the handler yet, or 0. */
  private volatile long handingOver;

  PriQueue(
      Sched sched,
      OutputQueue queue,
      Streams streams,
      CommandQueue commands,
      PageRequestTaker taker,
      Tally<DriverCounter> counters) {
    this.sched = sched;
    this.queue = queue;
    this.streams = streams;
    this.commands = commands;
    this.taker = taker;
    this.counters = counters;
    this.task = new InterruptTask(sched, "smmu-priq", this::pass);
  }

  InterruptTask task() {
    return task;
  }

  /** Returns when everything that was in the queue has reached the handler. May sleep. */
  void flush() {
    task.flush();
  }

  /** Whether a request of the stream with the PASID has not reached the handler yet. */
  boolean holds(int streamId, int pasid) {
    int from = queue.consumed();
    int pending = queue.pending(from, queue.readProd());
    for (int i = 0; i < pending; i++) {
      if (isFrom(queue.word(from, i, 0), streamId, pasid)) {
        return true;
      }
    }
    // Looked at last, as records move this way.
    return isFrom(handingOver, streamId, pasid);
  }

  private static boolean isFrom(long word0, int streamId, int pasid) {
    return PageRequestField.SSV.isSet(word0)
        && PageRequestField.STREAM_ID.getInt(word0) == streamId
        && PageRequestField.SUBSTREAM_ID.getInt(word0) == pasid;
  }

  /** Takes what was there when it began. */
  private void pass() {
    int prod = queue.readProd();
    while (queue.pending(queue.consumed(), prod) > 0) {
      long word0 = queue.word(queue.consumed(), 0, 0);
      long word1 = queue.word(queue.consumed(), 0, 1);
      sched.causedBy(sched.recorder().carried(Carrier.PAGE_REQUEST_QUEUE, queue.consumed()));
      handingOver = word0;
      queue.advance();
      try {
        deliver(word0, word1);
      } finally {
        handingOver = 0;
        sched.causedBy(Recorder.NO_CAUSE);
      }
    }
    if (queue.hasOverflowed(prod)) {
      counters.count(DriverCounter.PAGE_REQUEST_QUEUE_OVERFLOWS);
      if (overflowMessages.permits(sched.nanoTime())) {
        log.warn(
            "the PRI queue was full, {} times so far: page requests are lost, and sent again by"
                + " their devices",
            counters.sum(DriverCounter.PAGE_REQUEST_QUEUE_OVERFLOWS));
      }
      taker.discardPartials();
      queue.acknowledgeOverflow(prod);
    }
    // The interrupt tells of the first record of an empty queue only.
    if (!queue.isSettled()) {
      task.raise();
    }
  }

  private void deliver(long word0, long word1) {
    boolean last = PageRequestField.LAST.isSet(word0);
    boolean read = PageRequestField.R.isSet(word0);
    boolean write = PageRequestField.W.isSet(word0);
    boolean hasPasid = PageRequestField.SSV.isSet(word0);
    if (hasPasid && last && !read && !write) {
      return; // a stop marker: no request, never answered
    }
    int streamId = PageRequestField.STREAM_ID.getInt(word0);
    int pasid = hasPasid ? PageRequestField.SUBSTREAM_ID.getInt(word0) : -1;
    int group = PageRequestField.PRG_INDEX.getInt(word1);
    Master master = streams.find(streamId);
    if (master == null || !taker.isThere()) {
      if (last) {
        respond(streamId, new PageResponse(pasid, group, ResponseCode.FAILURE));
      }
      return;
    }
    IommuDevice device = master.device();
    long address = PageRequestField.ADDRESS.inPlace(word1);
    boolean exec = PageRequestField.X.isSet(word0);
    boolean privileged = PageRequestField.PRIV.isSet(word0);
    PageRequest request =
        new PageRequest(device, pasid, address, group, last, read, write, exec, privileged);
    if (!taker.take(request) && last) {
      respond(streamId, new PageResponse(pasid, group, ResponseCode.INVALID));
    }
  }

  void respond(int streamId, PageResponse response) {
    commands.post(new CommandBatch().priResp(streamId, response));
  }
}
