package org.smmulator.machine;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;

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

  List<String> addresses() {
    return listeners.stream().map(listener -> listener.address().toString()).toList();
  }

  @Override
  public void close() {
    listeners.forEach(NettySockets.Listener::close);
  }
}
