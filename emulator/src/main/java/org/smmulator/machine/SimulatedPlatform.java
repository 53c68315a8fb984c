package org.smmulator.machine;

import java.util.List;
import org.smmulator.cli.UserException;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.TaskLoop;

/**
 * One scheduler and virtual time: guest tasks, hardware, links and devices take turns in an order
 * that the seed decides. To be made and used by a task of the scheduler.
 */
final class SimulatedPlatform implements Platform {
  private final DeterministicExecution execution;
  private final TaskLoop hardware;

  SimulatedPlatform(DeterministicExecution execution) {
    this.execution = execution;
    this.hardware = TaskLoop.start(execution, "hardware");
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public Loop hardware() {
    return hardware;
  }

  @Override
  public List<String> listen(BusConfig config, Board board) {
    return List.of();
  }

  @Override
  public PluggedDevice plug(DeviceConfig config, Board board) throws UserException {
    return DeviceInProcess.start(config, execution, board);
  }

  @Override
  public void close() {
    hardware.end();
  }
}
