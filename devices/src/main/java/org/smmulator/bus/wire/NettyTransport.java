package org.smmulator.bus.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Links over TCP and UNIX sockets. All links of one listener run on the one event loop given, which
 * must be of a group with {@code NioIoHandler}. {@link #listen} and {@link #connect} wait, so they
 * are not called on that loop.
 */
public final class NettyTransport {
  private static final int CONNECT_MILLIS = 5_000;

  private NettyTransport() {}

  /** An open listener. */
  public static final class Listener implements AutoCloseable {
    private final Channel channel;
    private final BusAddress address;

    private Listener(Channel channel, BusAddress address) {
      this.channel = channel;
      this.address = address;
    }

    /** Where it listens, with the port the system chose. */
    public BusAddress address() {
      return address;
    }

    /** Takes no more connections; links that exist stay. */
    @Override
    public void close() {
      channel.close().awaitUninterruptibly();
    }
  }

  /** The loop as links see it. */
  public static WireLoop loop(EventLoop loop) {
    return new NettyLoop(loop);
  }

  /** Listens at the root complex's end, with a new handler for each device that connects. */
  public static Listener listen(
      EventLoop loop, BusAddress address, LinkLimits limits, Supplier<LinkHandler> handlers)
      throws IOException {
    ServerBootstrap bootstrap = new ServerBootstrap().group(loop, loop);
    if (address instanceof BusAddress.Tcp) {
      bootstrap.channel(NioServerSocketChannel.class).childOption(ChannelOption.TCP_NODELAY, true);
    } else {
      bootstrap.channel(NioServerDomainSocketChannel.class);
    }
    bootstrap.childHandler(
        new ChannelInitializer<Channel>() {
          @Override
          protected void initChannel(Channel channel) {
            String peer = "device at " + remote(channel, address);
            channel
                .pipeline()
                .addLast(
                    new SocketWire(channel, peer, Link.Role.ROOT_PORT, handlers.get(), limits));
          }
        });
    if (address instanceof BusAddress.Unix unix) {
      StaleSocket.removeIfDead(unix.path());
    }
    Channel channel = await(bootstrap.bind(resolve(address)), "cannot listen on " + address);
    return new Listener(channel, bound(channel, address));
  }

  /** Connects at the device's end. The handler is told on the loop. */
  public static void connect(
      EventLoop loop, BusAddress address, LinkLimits limits, LinkHandler handler)
      throws IOException {
    Bootstrap bootstrap = new Bootstrap().group(loop);
    if (address instanceof BusAddress.Tcp) {
      bootstrap.channel(NioSocketChannel.class).option(ChannelOption.TCP_NODELAY, true);
    } else {
      bootstrap.channel(NioDomainSocketChannel.class);
    }
    bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS);
    bootstrap.handler(
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
    await(bootstrap.connect(resolve(address)), "cannot reach the bus at " + address);
  }

  private static Channel await(ChannelFuture future, String failure) throws IOException {
    if (future.awaitUninterruptibly().isSuccess()) {
      return future.channel();
    }
    Throwable cause = future.cause();
    throw new IOException(failure + ": " + (cause == null ? "cancelled" : cause.getMessage()));
  }

  private static SocketAddress resolve(BusAddress address) throws IOException {
    if (address instanceof BusAddress.Unix unix) {
      return UnixDomainSocketAddress.of(unix.path());
    }
    BusAddress.Tcp tcp = (BusAddress.Tcp) address;
    try {
      return new InetSocketAddress(InetAddress.getByName(tcp.host()), tcp.port());
    } catch (UnknownHostException e) {
      throw new IOException("no host has the name \"" + tcp.host() + "\" in " + address, e);
    }
  }

  private static BusAddress bound(Channel channel, BusAddress asked) {
    return asked instanceof BusAddress.Tcp tcp
            && channel.localAddress() instanceof InetSocketAddress local
        ? new BusAddress.Tcp(tcp.host(), local.getPort())
        : asked;
  }

  private static String remote(Channel channel, BusAddress listening) {
    return listening instanceof BusAddress.Tcp
        ? String.valueOf(channel.remoteAddress())
        : listening.toString();
  }

  private record NettyLoop(EventLoop loop) implements WireLoop {
    @Override
    public void execute(Runnable step) {
      loop.execute(step);
    }

    @Override
    public Timer schedule(Runnable step, long delayNanos) {
      var future = loop.schedule(step, delayNanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    }

    @Override
    public boolean inLoop() {
      return loop.inEventLoop();
    }
  }
}
