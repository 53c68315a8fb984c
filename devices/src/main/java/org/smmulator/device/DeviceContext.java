package org.smmulator.device;

import org.smmulator.device.execution.Execution;

/** What an attached model has to work with. */
public interface DeviceContext {
  DmaPort dma();

  Msi msi();

  /** Starts a task of the model. Its body should end soon after {@link DeviceModel#stop}. */
  void spawn(String name, Runnable body);

  /** Where waiting and the time come from; see {@link org.smmulator.device.execution.Signal}. */
  Execution execution();
}
