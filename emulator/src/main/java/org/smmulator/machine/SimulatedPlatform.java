package org.smmulator.machine;

import java.util.List;
import java.util.SplittableRandom;
import org.smmulator.bus.wire.FrameClass;
import org.smmulator.bus.wire.Transit;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.SimulationConfig;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.DeterministicExecution;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.TaskLoop;
import org.smmulator.launch.UserException;
import org.smmulator.smmu.Smmu;

/**
 * One scheduler and virtual time: guest tasks, hardware, links and devices take turns in an order
 * that the seed decides, and so are the times of packets and the order of commands. To be made and
 * used by a task of the scheduler.
 */
final class SimulatedPlatform implements Platform {
  private final DeterministicExecution execution;
  private final SimulationConfig times;
  private final SplittableRandom random;
  private final TaskLoop hardware;

  SimulatedPlatform(DeterministicExecution execution, SimulationConfig times) {
    this.execution = execution;
    this.times = times;
    this.random = new SplittableRandom(~execution.seed());
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
    if (times.reorderCommands()) {
      board.smmu().commandOrder(random::nextInt);
    }
    return List.of();
  }

  @Override
  public PluggedDevice plug(DeviceConfig config, Board board) throws UserException {
    return DeviceInProcess.start(config, execution, board, timing(board));
  }

  @Override
  public PluggedDevice plug(DeviceModel model, DeviceOptions options, Board board)
      throws UserException {
    return DeviceInProcess.start(model, options, execution, board, timing(board));
  }

  private Timing timing(Board board) {
    return new Timing(new Downstream(board.smmu()), frame -> linkNanos(), times.deviceNanos());
  }

  private long linkNanos() {
    return times.linkNanos() + random.nextLong(times.linkNanos() + 1L);
  }

  /** Answers come after the walk and the access that they wait for. */
  private final class Downstream implements Transit {
    private final Smmu smmu;
    private long readsBefore;

    Downstream(Smmu smmu) {
      this.smmu = smmu;
    }

    @Override
    public long nanos(FrameClass frame) {
      if (frame != FrameClass.COMPLETION) {
        return linkNanos();
      }
      long reads = smmu.descriptorReads();
      long walk = (reads - readsBefore) * times.walkNanos();
      readsBefore = reads;
      return linkNanos() + walk + times.memoryNanos();
    }
  }

  @Override
  public Glances glances() {
    return new Glances(1_000_000L, false); // hundreds of looks at a run of some seconds
  }

  @Override
  public void close() {
    hardware.end();
  }
}
