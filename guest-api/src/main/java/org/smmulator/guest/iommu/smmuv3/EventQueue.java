package org.smmulator.guest.iommu.smmuv3;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.event.EventField;
import org.smmulator.counter.Tally;
import org.smmulator.guest.sched.Sched;

/** Empties the event queue: counts, tells a listener, and logs at a limited rate. */
final class EventQueue {
  private static final Logger log = LoggerFactory.getLogger(EventQueue.class);
  private static final int EVENT_NUMBERS = 256;

  private final Sched sched;
  private final OutputQueue queue;
  private final Streams streams;
  private final InterruptTask task;
  private final AtomicLongArray counts = new AtomicLongArray(EVENT_NUMBERS);
  private final Tally<DriverCounter> counters;
  private final RateLimit messages = RateLimit.ofEvents();
  private final RateLimit overflowMessages = RateLimit.ofOverflows();
  private volatile Consumer<IommuEvent> listener = event -> {};

  EventQueue(Sched sched, OutputQueue queue, Streams streams, Tally<DriverCounter> counters) {
    this.sched = sched;
    this.queue = queue;
    this.streams = streams;
    this.counters = counters;
    this.task = new InterruptTask(sched, "smmu-eventq", this::pass);
  }

  InterruptTask task() {
    return task;
  }

  void listener(Consumer<IommuEvent> next) {
    listener = next;
  }

  long count(int eventNumber) {
    return counts.get(eventNumber);
  }

  /** Takes what was there when it began. */
  private void pass() {
    int prod = queue.readProd();
    while (queue.pending(queue.consumed(), prod) > 0) {
      IommuEvent event = oldest();
      queue.advance();
      deliver(event);
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

  private IommuEvent oldest() {
    int at = queue.consumed();
    long word0 = queue.word(at, 0, 0);
    Master master = streams.find(EventField.STREAM_ID.getInt(word0));
    return IommuEvent.decode(
        word0,
        queue.word(at, 0, 1),
        queue.word(at, 0, 2),
        queue.word(at, 0, 3),
        master == null ? null : master.device());
  }

  private void deliver(IommuEvent event) {
    counts.incrementAndGet(event.number());
    counters.count(DriverCounter.EVENTS_TAKEN);
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
