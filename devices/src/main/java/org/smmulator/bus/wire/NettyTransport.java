package org.smmulator.bus.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/**
 * Links over TCP and UNIX sockets. All links of one listener run on the one event loop given, which
 * must be of a group with {@code NioIoHandler}. {@link #listen} and {@link #connect} wait, so they
 * are not called on that loop.
 */
public final class NettyTransport {
  private NettyTransport() {}

  /** Listens at the root complex's end, with a new handler for each device that connects. */
  public static NettySockets.Listener listen(
      EventLoop loop, BusAddress address, LinkLimits limits, Supplier<LinkHandler> handlers)
      throws IOException {
    return NettySockets.listen(
        loop,
        address,
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            String peer = "peer at " + remote(channel, address);
            channel
                .pipeline()
                .addLast(
                    new SocketWire(channel, peer, Link.Role.ROOT_PORT, handlers.get(), limits));
          }
        });
  }

  /** Connects at the device's end. The handler is told on the loop. */
  public static void connect(
      EventLoop loop, BusAddress address, LinkLimits limits, LinkHandler handler)
      throws IOException {
    NettySockets.connect(
        loop,
        address,
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            channel
                .pipeline()
                .addLast(
                    new SocketWire(
                        channel, "bus at " + address, Link.Role.ENDPOINT, handler, limits));
          }
        });
  }

  private static String remote(Channel channel, BusAddress listening) {
    return channel.remoteAddress() instanceof InetSocketAddress tcp
        ? NetUtil.toSocketAddressString(tcp)
        : listening.toString();
  }
}
