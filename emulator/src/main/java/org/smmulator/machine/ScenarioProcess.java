package org.smmulator.machine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.SegmentationFault;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaQueue;

/** A guest process of a scenario: its buffer, what the buffer must hold, and its bindings. */
final class ScenarioProcess {
  /** The process's queue on one device. */
  static final class Binding {
    private final DmaEngine engine;
    private final DmaQueue queue;
    private volatile boolean ending;

    Binding(DmaEngine engine, DmaQueue queue) {
      this.engine = engine;
      this.queue = queue;
    }

    DmaEngine engine() {
      return engine;
    }

    DmaQueue queue() {
      return queue;
    }

    String device() {
      return engine.device().address().toString();
    }

    /** From here on nothing is expected of the binding's operations. */
    void end() {
      ending = true;
    }

    boolean isEnding() {
      return ending;
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

  byte[] read(long offset, int length) throws SegmentationFault {
    byte[] bytes = new byte[length];
    process.mm().read(base + offset, bytes, 0, length);
    return bytes;
  }

  void write(long offset, byte[] bytes) throws SegmentationFault {
    process.mm().write(base + offset, bytes, 0, bytes.length);
  }
}
