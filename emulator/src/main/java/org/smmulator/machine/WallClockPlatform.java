package org.smmulator.machine;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.config.BusConfig;
import org.smmulator.config.DeviceConfig;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.execution.ThreadExecution;
import org.smmulator.execution.WallClock;
import org.smmulator.launch.UserException;

/** Threads and real time: the hardware on one event loop, devices over sockets. */
final class WallClockPlatform implements Platform {
  private final WallClock clock = new WallClock();
  private final Execution execution = new ThreadExecution(clock);
  private final EventLoopThread thread = new EventLoopThread("hardware");
  private final Loop hardware = new NettyLoop(thread.eventLoop(), clock);
  private final List<NettySockets.Listener> listeners = new ArrayList<>();

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
    for (String address : config.listen()) {
      listeners.add(
          NettyTransport.listen(
              thread.eventLoop(),
              BusAddress.parse(address),
              board.linkLimits(),
              board.rootComplex()::newPort));
    }
    return addresses();
  }

  private List<String> addresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  @Override
  public PluggedDevice plug(DeviceConfig config, Board board) throws UserException {
    return switch (config.process()) {
      case OWN -> DeviceProcess.start(config, addresses().get(0));
      case MACHINE -> DeviceInProcess.start(config, execution, board, null);
    };
  }

  @Override
  public void close() {
    listeners.forEach(NettySockets.Listener::close);
    thread.close();
  }
}
