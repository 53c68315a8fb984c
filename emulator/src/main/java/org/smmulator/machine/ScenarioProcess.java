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

  private final GuestProcess process;
  private final long base;
  private final BufferModel model;
  private final Gate gate;
  private final List<Binding> bindings = new CopyOnWriteArrayList<>();
  private volatile boolean ending;

  ScenarioProcess(GuestProcess process, long base, BufferModel model, Gate gate) {
    this.process = process;
    this.base = base;
    this.model = model;
    this.gate = gate;
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
