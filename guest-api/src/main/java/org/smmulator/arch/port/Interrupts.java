package org.smmulator.arch.port;

/** The interrupt controller: edge-triggered shared peripheral interrupts, wired or as MSI. */
public interface Interrupts {
  /**
   * Connects a handler to an interrupt number, replacing an earlier one. The handler runs on the
   * hardware's thread: it may wake a task and must not wait, lock or touch a register.
   */
  void connect(int intid, Runnable handler);

  void disconnect(int intid);
}
