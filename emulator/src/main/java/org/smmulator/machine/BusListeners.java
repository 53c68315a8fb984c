package org.smmulator.machine;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.config.DeviceConfig;
import org.smmulator.execution.Execution;
import org.smmulator.launch.UserException;

/** The sockets at which a machine waits for devices. */
final class BusListeners implements AutoCloseable {
  private final List<NettySockets.Listener> listeners = new ArrayList<>();

  /**
   * Waits for devices at each of these addresses.
   *
   * @return the same, with the real port
   * @throws IOException if one cannot be used, with one sentence
   */
  List<String> listen(List<String> addresses, EventLoop loop, Board board) throws IOException {
    for (String address : addresses) {
      listeners.add(
          NettyTransport.listen(
              loop, BusAddress.parse(address), board.linkLimits(), board.rootComplex()::newPort));
    }
    return addresses();
  }

  /**
   * Starts a device where its file says that it lives; one with a process of its own comes to the
   * first of the sockets.
   *
   * @param execution runs the tasks of one that lives in the machine
   * @throws UserException if it cannot be started
   */
  PluggedDevice plug(DeviceConfig config, Execution execution, Board board) throws UserException {
    return switch (config.process()) {
      case OWN -> DeviceProcess.start(config, addresses().get(0));
      case MACHINE -> DeviceInProcess.start(config, execution, board, Timing.NONE);
    };
  }

  private List<String> addresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  @Override
  public void close() {
    listeners.forEach(NettySockets.Listener::closeWithConnections);
  }
}
