package org.smmulator.device.model.dma;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DmaException;
import org.smmulator.device.DmaException.Status;
import org.smmulator.device.DmaPort;
import org.smmulator.device.execution.Signal;

/**
 * One queue from being enabled to being quiet again: takes descriptors from the ring in order,
 * performs them, writes completion records. Its settings stay as they were when it was enabled.
 * {@link #work} runs on the queue's worker; the doorbell and the stop come from the BAR task.
 */
final class RingRun {
  private static final Logger log = LoggerFactory.getLogger(RingRun.class);

  /** Descriptors fetched with one read. */
  private static final int FETCH = 16;

  /**
   * What the registers said when the queue was enabled.
   *
   * @param vector of its interrupts
   * @param pasid of data accesses, or {@link DmaPort#NO_PASID}
   * @param workNanos of each descriptor, before its first access
   */
  record Settings(
      int queue,
      int vector,
      long ringBase,
      long completionBase,
      int ringLog2,
      int pasid,
      boolean interrupt,
      long workNanos) {
    int entries() {
      return 1 << ringLog2;
    }
  }

  private final Settings settings;
  private final DeviceContext context;
  private final DmaPort dma;
  private final Signal signal;
  private final Operations operations;
  private final byte[] fetched = new byte[FETCH * DmaDescriptor.BYTES];
  private volatile int tail;
  private volatile int head;
  private volatile boolean stopping;

  /** Software has forgotten the ring: nothing may be written any more. */
  private volatile boolean abandoned;

  private volatile boolean failed;

  RingRun(Settings settings, DeviceContext context, Signal signal) {
    this.settings = settings;
    this.context = context;
    this.dma = context.dma();
    this.signal = signal;
    this.operations = new Operations(dma, () -> stopping);
  }

  /** The doorbell: a free-running count of descriptors in the ring. */
  void tail(int count) {
    tail = count;
    signal.raise();
  }

  int tail() {
    return tail;
  }

  int head() {
    return head;
  }

  /** Takes no more descriptors, and gives up the one at work. */
  void stop() {
    stopping = true;
    signal.raise();
  }

  /** Stops, without a record of what was at work. */
  void abandon() {
    abandoned = true;
    stop();
  }

  boolean abandoned() {
    return abandoned;
  }

  boolean failed() {
    return failed;
  }

  /** Works until stopped, or until the ring itself cannot be used. */
  void work() {
    try {
      while (!stopping && !failed) {
        signal.await(() -> stopping || tail != head);
        if (!stopping) {
          takeFromRing();
        }
      }
    } catch (DmaException e) {
      failed = true;
      if (e.status() != Status.LINK_DOWN) {
        log.warn(
            "queue {}: ring or completions are out of reach: {}", settings.queue(), e.getMessage());
      }
    }
  }

  private void takeFromRing() throws DmaException {
    int waiting = tail - head;
    int entries = settings.entries();
    if (Integer.compareUnsigned(waiting, entries) > 0) {
      log.warn(
          "queue {}: the doorbell is {} ahead in a ring of {}",
          settings.queue(),
          Integer.toUnsignedString(waiting),
          entries);
      failed = true;
      return;
    }
    int first = head & (entries - 1);
    int count = Math.min(Math.min(waiting, FETCH), entries - first);
    long address = settings.ringBase() + (long) first * DmaDescriptor.BYTES;
    dma.read(DmaPort.NO_PASID, address, fetched, 0, count * DmaDescriptor.BYTES);
    for (int i = 0; i < count && !stopping; i++) {
      DmaDescriptor descriptor = DmaDescriptor.read(fetched, i * DmaDescriptor.BYTES);
      takeTime();
      complete(descriptor, operations.perform(descriptor, settings.pasid()));
    }
  }

  private void takeTime() {
    if (settings.workNanos() > 0) {
      signal.await(() -> stopping, context.execution().nanoTime() + settings.workNanos());
    }
  }

  private void complete(DmaDescriptor descriptor, Completion completion) throws DmaException {
    if (abandoned) {
      return;
    }
    int completed = head;
    int index = completed & (settings.entries() - 1);
    boolean firstPass = (completed >>> settings.ringLog2() & 1) == 0;
    byte[] record = completion.encode(descriptor, firstPass);
    long address = settings.completionBase() + (long) index * Completion.BYTES;
    dma.write(DmaPort.NO_PASID, address, record, 0, record.length);
    head = completed + 1;
    if (settings.interrupt() || descriptor.interrupt()) {
      context.msi().raise(settings.vector());
    }
  }
}
