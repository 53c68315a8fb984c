package org.smmulator.device;

import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop.Timer;

/** What an attached model has to work with. */
public interface DeviceContext {
  DmaPort dma();

  Msi msi();

  /**
   * The function's interrupt pin, INTA#: a level, sent as messages when it changes (Base
   * Specification 2.2.8.1). It stays silent while software has MSI or MSI-X enabled, or the pin
   * disabled. Returns at once; any task may call.
   */
  void setInterruptPin(boolean asserted);

  /** Calls back on the BAR task after a time; not after a cancel on that task. */
  Timer schedule(Runnable step, long delayNanos);

  /** Starts a task of the model. Its body should end soon after {@link DeviceModel#stop}. */
  void spawn(String name, Runnable body);

  /** Where waiting and the time come from; see {@link org.smmulator.device.execution.Signal}. */
  Execution execution();
}
