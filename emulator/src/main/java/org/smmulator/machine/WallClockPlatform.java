package org.smmulator.machine;

import java.io.IOException;
import java.util.List;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.execution.WallClock;
import org.smmulator.launch.UserException;

/** Threads and real time: the hardware on one event loop, devices over sockets. */
final class WallClockPlatform implements Platform {
  private final WallClock clock = new WallClock();
  private final ThreadExecution execution = new ThreadExecution(clock);
  private final EventLoopThread thread = new EventLoopThread("hardware");
  private final Loop hardware = new NettyLoop(thread.eventLoop(), clock);
  private final BusListeners listeners = new BusListeners();

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public Loop hardware() {
    return hardware;
  }

  @Override
  public List<String> listen(BusConfig config, Board board) throws IOException {
    return listeners.listen(config.listen(), thread.eventLoop(), board);
  }

  @Override
  public PluggedDevice plug(DeviceConfig config, Board board) throws UserException {
    return listeners.plug(config, execution, board);
  }

  @Override
  public PluggedDevice plug(DeviceModel model, DeviceOptions options, Board board)
      throws UserException {
    return DeviceInProcess.start(model, options, execution, board, Timing.NONE);
  }

  @Override
  public void close() {
    execution.end();
    listeners.close();
    thread.close();
  }
}
