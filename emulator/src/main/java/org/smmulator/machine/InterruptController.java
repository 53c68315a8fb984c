package org.smmulator.machine;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.smmulator.arch.port.Interrupts;

/**
 * Brings interrupt numbers to the guest's handlers; one without a handler is lost, as an edge is.
 */
final class InterruptController implements Interrupts {
  private static final int INTIDS = 1020;

  private final AtomicReferenceArray<Runnable> handlers = new AtomicReferenceArray<>(INTIDS);

  @Override
  public void connect(int intid, Runnable handler) {
    handlers.set(intid, handler);
  }

  @Override
  public void disconnect(int intid) {
    handlers.set(intid, null);
  }

  /** On the hardware's thread. Numbers that do not exist are ignored, as by a distributor. */
  void raise(int intid) {
    if (intid < 0 || intid >= INTIDS) {
      return;
    }
    Runnable handler = handlers.get(intid);
    if (handler != null) {
      handler.run();
    }
  }
}
