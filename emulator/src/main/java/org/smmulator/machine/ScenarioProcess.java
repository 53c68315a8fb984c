package org.smmulator.machine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.AddressSpace;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.sched.Sched;
import org.smmulator.guest.sched.WaitQueue;

/** A guest process of a scenario: its buffer, what the buffer must hold, and its bindings. */
final class ScenarioProcess {
  /** The process's queue on one device. */
  static final class Binding {
    private final OperationQueue queue;
    private final WaitQueue changed;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean ending;
    private volatile boolean closed;

    Binding(Sched sched, OperationQueue queue) {
      this.queue = queue;
      this.changed = sched.waitQueue("binding");
    }

    OperationQueue queue() {
      return queue;
    }

    String device() {
      return queue.device().toString();
    }

    /** From here on nothing is expected of the binding's operations. */
    void end() {
      ending = true;
    }

    boolean isEnding() {
      return ending;
    }

    /** Ends the binding and takes the process's memory away from the device; can be repeated. */
    void close() {
      end();
      if (closing.compareAndSet(false, true)) {
        queue.close();
        closed = true;
        changed.wakeAll();
      } else {
        awaitClosed();
      }
    }

    /** Waits until the device cannot reach the process's memory any more. */
    void awaitClosed() {
      changed.await(() -> closed, Long.MAX_VALUE);
    }
  }

  static final int NO_PASID = -1;

  private final GuestProcess process;
  private final long base;
  private final BufferModel model;
  private final Gate gate;
  private final PageRanges pages;
  private final List<Binding> bindings = new CopyOnWriteArrayList<>();
  private volatile boolean ending;
  private volatile int lastPasid = NO_PASID;

  ScenarioProcess(Sched sched, GuestProcess process, long base, BufferModel model) {
    this.process = process;
    this.base = base;
    this.model = model;
    this.gate = new Gate(sched);
    this.pages = new PageRanges(sched);
  }

  GuestProcess process() {
    return process;
  }

  AddressSpace mm() {
    return process.mm();
  }

  /** Virtual address of the buffer. */
  long base() {
    return base;
  }

  long address(int page) {
    return base + (long) page * BufferModel.PAGE_BYTES;
  }

  BufferModel model() {
    return model;
  }

  Gate gate() {
    return gate;
  }

  List<Binding> bindings() {
    return bindings;
  }

  /** The process is bound, unless it ends at this moment: then the binding does, too. */
  void bound(Binding binding) {
    lastPasid = binding.queue().pasid();
    bindings.add(binding);
    if (ending) {
      binding.close();
    }
  }

  /** The PASID that it was bound with at last; {@link #NO_PASID} if it never was. */
  int lastPasid() {
    return lastPasid;
  }

  /**
   * Does what a thread of the process's own would do, which keeps its memory meanwhile; nothing if
   * the process has ended, as it may have when others act at the same time.
   */
  void whileAlive(Runnable action) {
    if (!mm().getUserNotZero()) {
      return;
    }
    try {
      if (!ending) {
        action.run();
      }
    } finally {
      mm().putUser();
    }
  }

  /** As above, while no other step is at these pages. */
  void atPages(int page, int count, Runnable action) {
    whileAlive(() -> pages.alone(page, count, action));
  }

  void end() {
    ending = true;
    bindings.forEach(Binding::end);
  }

  boolean isEnding() {
    return ending;
  }

  /** What the process finds there; null if a step has made it unreadable or ended the process. */
  byte @Nullable [] read(long offset, int length) {
    byte[] bytes = new byte[length];
    return access(mm -> mm.read(base + offset, bytes, 0, length)) ? bytes : null;
  }

  /** Whether the process has written it all; a step may have made it unwritable or ended it. */
  boolean write(long offset, byte[] bytes) {
    return access(mm -> mm.write(base + offset, bytes, 0, bytes.length));
  }

  private interface Access {
    void to(AddressSpace mm) throws SegmentationFault;
  }

  private boolean access(Access access) {
    if (!mm().getUserNotZero()) {
      return false;
    }
    try {
      access.to(mm());
      return true;
    } catch (SegmentationFault e) {
      return false;
    } finally {
      mm().putUserAsync();
    }
  }
}
