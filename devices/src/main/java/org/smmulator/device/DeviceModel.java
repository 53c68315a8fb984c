package org.smmulator.device;

import java.util.function.LongConsumer;

/**
 * What a device does, apart from being a PCI function: written by device authors. Every method but
 * {@link #function} is called on one task, the model's BAR task, one after another. They must not
 * wait for other tasks of the model for long: accesses to the BARs wait meanwhile.
 */
public interface DeviceModel {
  /** What the function looks like; called once, before {@link #start}. */
  PciFunction function();

  /** The device is on the bus. Memory is out of reach until software enables bus mastering. */
  void start(DeviceContext context);

  /**
   * Reads a register. Accesses are naturally aligned, inside the BAR, and never in the MSI-X
   * structures.
   *
   * @param offset in bytes from the start of the BAR
   * @param sizeBytes 1, 2, 4 or 8
   * @return the value, little-endian, in the low bits
   */
  long readBar(int bar, long offset, int sizeBytes);

  /**
   * Reads a register that may answer later, such as one whose reading starts a transfer. Other
   * accesses go on meanwhile. This is the method that the bus calls.
   *
   * @param answer takes the value, once, on the BAR task
   */
  default void readBar(int bar, long offset, int sizeBytes, LongConsumer answer) {
    answer.accept(readBar(bar, offset, sizeBytes));
  }

  /** Writes a register; see {@link #readBar}. */
  void writeBar(int bar, long offset, int sizeBytes, long value);

  /**
   * Reset, conventional or of the function alone (Base Specification 6.6): registers as at {@link
   * #start}, work abandoned. Accesses to memory that were under way have failed with {@link
   * DmaException.Status#LINK_DOWN}, and so do those that begin before the reset is over.
   */
  void reset();

  /**
   * Reset of a model whose own tasks may need a moment to notice it. Until the reset is over the
   * function answers configuration requests with Request Retry Status, so that software cannot
   * enable it. This is the method that the bus calls.
   *
   * @param over to be called, once, on the BAR task, when no task works for what was before
   */
  default void reset(Runnable over) {
    reset();
    over.run();
  }

  /**
   * The device leaves the bus: finish or abandon the work. Memory may still be reachable (a clean
   * detach) or not (the link is lost).
   */
  void stop();
}
