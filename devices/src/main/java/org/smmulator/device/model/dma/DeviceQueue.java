package org.smmulator.device.model.dma;

import org.jspecify.annotations.Nullable;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DmaPort;
import org.smmulator.device.execution.Signal;

/**
 * One queue of the engine: its registers, which belong to the BAR task, and its worker, which
 * carries out one {@link RingRun} after another. RUNNING is whether there is one.
 */
final class DeviceQueue {
  static final int REGISTER_BYTES = 0x80;

  private static final int RING_BASE = 0x00;
  private static final int COMPLETION_BASE = 0x08;
  private static final int RING_LOG2 = 0x10;
  private static final int PASID = 0x14;
  private static final int CTRL = 0x18;
  private static final int STATUS = 0x1C;
  private static final int TAIL = 0x20;
  private static final int HEAD = 0x24;

  private static final int CTRL_ENABLE = 1;
  private static final int CTRL_INTERRUPT = 1 << 1;
  private static final int STATUS_RUNNING = 1;
  private static final int STATUS_ERROR = 1 << 1;
  private static final int PASID_VALID = 1 << 31;
  private static final int PASID_MASK = 0xFFFFF;

  private final int index;
  private final int vector;
  private final int maxRingLog2;
  private final long workNanos;
  private final DeviceContext context;
  private final Signal signal;

  private long ringBase;
  private long completionBase;
  private int ringLog2;
  private int pasid;
  private int ctrl;

  private volatile @Nullable RingRun running;
  private volatile boolean failed;
  private volatile int lastTail;
  private volatile int lastHead;
  private boolean hasWorker;
  private volatile boolean ended;
  private volatile boolean workerEnded = true;

  DeviceQueue(int index, int vector, int maxRingLog2, long workNanos, DeviceContext context) {
    this.index = index;
    this.vector = vector;
    this.maxRingLog2 = maxRingLog2;
    this.workNanos = workNanos;
    this.context = context;
    this.signal = new Signal(context.execution());
  }

  private void work() {
    while (!ended) {
      signal.await(() -> ended || running != null);
      RingRun run = running;
      if (run != null) {
        run.work();
        if (!run.abandoned()) {
          lastTail = run.tail();
          lastHead = run.head();
          failed = run.failed();
        }
        running = null;
        signal.raise();
      }
    }
    workerEnded = true;
    signal.raise();
  }

  /** Whether a reset waits for what was at work. */
  boolean isResetting() {
    RingRun run = running;
    return run != null && run.abandoned();
  }

  /** A 32-bit register. */
  int read(int offset) {
    RingRun run = running;
    return switch (offset) {
      case RING_BASE -> (int) ringBase;
      case RING_BASE + 4 -> (int) (ringBase >>> 32);
      case COMPLETION_BASE -> (int) completionBase;
      case COMPLETION_BASE + 4 -> (int) (completionBase >>> 32);
      case RING_LOG2 -> ringLog2;
      case PASID -> pasid;
      case CTRL -> ctrl;
      case STATUS -> run != null ? STATUS_RUNNING : failed ? STATUS_ERROR : 0;
      case TAIL -> run != null ? run.tail() : lastTail;
      case HEAD -> run != null ? run.head() : lastHead;
      default -> 0;
    };
  }

  /** Writes a 32-bit register; most keep their value while the queue is running. */
  void write(int offset, int value) {
    RingRun run = running;
    switch (offset) {
      case CTRL -> control(value & (CTRL_ENABLE | CTRL_INTERRUPT));
      case TAIL -> {
        if (run != null) {
          run.tail(value);
        }
      }
      default -> {
        if (run == null) {
          set(offset, value);
        }
      }
    }
  }

  private void set(int offset, int value) {
    switch (offset) {
      case RING_BASE -> ringBase = low(ringBase, value);
      case RING_BASE + 4 -> ringBase = high(ringBase, value);
      case COMPLETION_BASE -> completionBase = low(completionBase, value);
      case COMPLETION_BASE + 4 -> completionBase = high(completionBase, value);
      case RING_LOG2 -> ringLog2 = value;
      case PASID -> pasid = value & (PASID_VALID | PASID_MASK);
      default -> {
        // Read-only, or no register.
      }
    }
  }

  private static long low(long word, int value) {
    return (word & ~0xFFFF_FFFFL) | (value & 0xFFFF_FFFFL);
  }

  private static long high(long word, int value) {
    return (word & 0xFFFF_FFFFL) | ((long) value << 32);
  }

  /** A queue that is still stopping is not enabled: software waits for RUNNING to be 0. */
  private void control(int value) {
    RingRun run = running;
    boolean enable = (value & CTRL_ENABLE) != 0;
    if (run == null && enable && (ctrl & CTRL_ENABLE) == 0) {
      ctrl = value;
      enable();
    } else if (run != null && !enable) {
      ctrl = value;
      run.stop();
    } else if (run == null) {
      ctrl = value;
    }
  }

  private void enable() {
    lastHead = 0;
    lastTail = 0;
    boolean aligned = (ringBase & 63) == 0 && (completionBase & 31) == 0;
    failed = !aligned || Integer.compareUnsigned(ringLog2, maxRingLog2) > 0;
    if (!failed && !ended) {
      running =
          new RingRun(
              new RingRun.Settings(
                  index,
                  vector,
                  ringBase,
                  completionBase,
                  ringLog2,
                  (pasid & PASID_VALID) != 0 ? pasid & PASID_MASK : DmaPort.NO_PASID,
                  (ctrl & CTRL_INTERRUPT) != 0,
                  workNanos),
              context,
              signal);
      startWorker();
      signal.raise();
    }
  }

  /** Of many queues most are never used, and a task each would cost memory. */
  private void startWorker() {
    if (!hasWorker) {
      hasWorker = true;
      workerEnded = false;
      context.spawn("queue " + index, this::work);
    }
  }

  /** Registers as at first; work is given up without a record. */
  void reset() {
    RingRun run = running;
    if (run != null) {
      run.abandon();
    }
    ringBase = 0;
    completionBase = 0;
    ringLog2 = 0;
    pasid = 0;
    ctrl = 0;
    failed = false;
    lastTail = 0;
    lastHead = 0;
  }

  /** The worker finishes or gives up what it is doing, and ends. */
  void end() {
    ended = true;
    RingRun run = running;
    if (run != null) {
      run.stop();
    }
    signal.raise();
  }

  void awaitEnd(long deadlineNanos) {
    signal.await(() -> workerEnded, deadlineNanos);
  }
}
