package org.smmulator.machine;

import org.smmulator.config.MachineConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.guest.GuestKernel;
import org.smmulator.launch.UserException;
import org.smmulator.metrics.Summary;

/** A machine on one scheduler and virtual time, for those who bring a story of their own. */
public final class SimulatedMachine implements AutoCloseable {
  private final Machine machine;

  private SimulatedMachine(Machine machine) {
    this.machine = machine;
  }

  /** Boots it; on a task of the execution, as everything here. */
  public static SimulatedMachine start(MachineConfig config, DeterministicExecution execution)
      throws UserException {
    SimulatedPlatform platform = new SimulatedPlatform(execution, config.simulation());
    return new SimulatedMachine(Machine.start(config, platform, execution.recorder()));
  }

  /** Plugs the devices of its file in. */
  public void plugIn() throws UserException {
    machine.plugIn();
  }

  /** Cuts a device's link, whatever is under way on it. */
  public void pullOut(int requesterId) {
    machine
        .board()
        .ask(
            () -> {
              machine.board().rootComplex().unplug(requesterId, "the machine is reset");
              return true;
            });
  }

  public GuestKernel kernel() {
    return machine.kernel();
  }

  public Summary summary() {
    return machine.summary();
  }

  @Override
  public void close() {
    machine.close();
  }
}
