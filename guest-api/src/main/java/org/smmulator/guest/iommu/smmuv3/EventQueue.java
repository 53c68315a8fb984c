package org.smmulator.guest.iommu.smmuv3;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.event.EventField;
import org.smmulator.arch.event.EventType;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.counter.Tally;
import org.smmulator.guest.iommu.IommuDevice;
import org.smmulator.guest.iommu.PageRequest;
import org.smmulator.guest.iommu.PageResponse;
import org.smmulator.guest.iommu.ResponseCode;
import org.smmulator.guest.sched.Sched;
import org.smmulator.record.Recorder;

/**
 * Empties the event queue: counts, tells a listener, and logs at a limited rate. The record of a
 * transaction that has stalled is a page request (IHI 0070 3.12.2): it goes to the taker of those,
 * whose answer resumes the transaction. A record is consumed before it is handed on.
 */
final class EventQueue {
  private static final Logger log = LoggerFactory.getLogger(EventQueue.class);
  private static final int EVENT_NUMBERS = 256;

  private final Sched sched;
  private final OutputQueue queue;
  private final Streams streams;
  private final CommandQueue commands;
  private final PageRequestTaker taker;
  private final InterruptTask task;
  private final AtomicLongArray counts = new AtomicLongArray(EVENT_NUMBERS);
  private final Tally<DriverCounter> counters;
  private final RateLimit messages = RateLimit.ofEvents();
  private final RateLimit overflowMessages = RateLimit.ofOverflows();
  private volatile Consumer<IommuEvent> listener = event -> {};

  /** The record of a stall that left the queue and has not reached the handler yet, or null. */
  private volatile @Nullable Entry handingOver;

  /** The first two words of an event record. */
  private record Entry(long word0, long word1) {
    /** Only these faults stall; in other records the bit means something else. */
    boolean isStall() {
      EventType type = EventType.of(word0);
      return EventField.STALL.isSet(word1)
          && (type == EventType.F_TRANSLATION
              || type == EventType.F_ADDR_SIZE
              || type == EventType.F_ACCESS
              || type == EventType.F_PERMISSION);
    }

    int stag() {
      return EventField.STAG.getInt(word1);
    }

    boolean isStallOf(int streamId, int pasid) {
      return isStall()
          && EventField.SSV.isSet(word0)
          && EventField.STREAM_ID.getInt(word0) == streamId
          && EventField.SUBSTREAM_ID.getInt(word0) == pasid;
    }
  }

  EventQueue(
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
    this.task = new InterruptTask(sched, "smmu-eventq", this::pass);
  }

  InterruptTask task() {
    return task;
  }

  void listener(Consumer<IommuEvent> next) {
    listener = next;
  }

  /** Returns when everything that was in the queue has been handed on. May sleep. */
  void flush() {
    task.flush();
  }

  /** Whether a stall of the stream with the PASID has not reached the handler yet. */
  boolean holds(int streamId, int pasid) {
    int from = queue.consumed();
    int pending = queue.pending(from, queue.readProd());
    for (int i = 0; i < pending; i++) {
      if (new Entry(queue.word(from, i, 0), queue.word(from, i, 1)).isStallOf(streamId, pasid)) {
        return true;
      }
    }
    // Looked at last, as records move this way.
    Entry moving = handingOver;
    return moving != null && moving.isStallOf(streamId, pasid);
  }

  /** Lets a transaction that has stalled go on, or ends it with an abort. */
  void respond(int streamId, PageResponse response) {
    boolean retry = response.code() == ResponseCode.SUCCESS;
    commands.post(new CommandBatch().resume(streamId, response.group(), retry));
  }

  long count(int eventNumber) {
    return counts.get(eventNumber);
  }

  /** Takes what was there when it began. */
  private void pass() {
    int prod = queue.readProd();
    while (queue.pending(queue.consumed(), prod) > 0) {
      int at = queue.consumed();
      Entry entry = new Entry(queue.word(at, 0, 0), queue.word(at, 0, 1));
      IommuEvent event = oldest(entry);
      if (entry.isStall()) {
        handingOver = entry;
        queue.advance();
        try {
          serve(event, entry);
        } finally {
          handingOver = null;
          sched.causedBy(Recorder.NO_CAUSE);
        }
      } else {
        queue.advance();
        deliver(event);
      }
    }
    if (queue.hasOverflowed(prod)) {
      counters.count(DriverCounter.EVENT_QUEUE_OVERFLOWS);
      if (overflowMessages.permits(sched.nanoTime())) {
        log.warn(
            "the event queue was full, {} times so far: events are lost",
            counters.sum(DriverCounter.EVENT_QUEUE_OVERFLOWS));
      }
      queue.acknowledgeOverflow(prod);
    }
    // The interrupt tells of the first record of an empty queue only.
    if (!queue.isSettled()) {
      task.raise();
    }
  }

  private IommuEvent oldest(Entry entry) {
    int at = queue.consumed();
    Master master = streams.find(EventField.STREAM_ID.getInt(entry.word0));
    return IommuEvent.decode(
        entry.word0,
        entry.word1,
        queue.word(at, 0, 2),
        queue.word(at, 0, 3),
        master == null ? null : master.device());
  }

  /** A stall has to be answered, whatever happens: the device waits. */
  private void serve(IommuEvent event, Entry stall) {
    count(event);
    IommuDevice device = event.device();
    if (device == null || !taker.take(request(device, event, stall))) {
      respond(
          event.streamId(), new PageResponse(event.pasid(), stall.stag(), ResponseCode.INVALID));
    }
  }

  private static PageRequest request(IommuDevice device, IommuEvent event, Entry stall) {
    return new PageRequest(
        device,
        event.pasid(),
        event.inputAddress() & -Descriptor.PAGE_BYTES,
        stall.stag(),
        true,
        event.read(),
        !event.read(),
        EventField.IND.isSet(stall.word1),
        EventField.PNU.isSet(stall.word1));
  }

  private void count(IommuEvent event) {
    counts.incrementAndGet(event.number());
    counters.count(DriverCounter.EVENTS_TAKEN);
  }

  private void deliver(IommuEvent event) {
    count(event);
    if (messages.permits(sched.nanoTime())) {
      log.info("{}", event.describe());
    }
    try {
      listener.accept(event);
    } catch (RuntimeException | Error e) {
      sched.throwIfEnding();
      log.error("the listener for events failed", e);
    }
  }
}
