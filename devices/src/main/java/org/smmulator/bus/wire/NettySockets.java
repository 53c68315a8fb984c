package org.smmulator.bus.wire;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TCP and UNIX sockets on one event loop, which must be of a group with {@code NioIoHandler}. Both
 * ways to open one wait, so they are not called on that loop.
 */
public final class NettySockets {
  private static final Logger LOG = LoggerFactory.getLogger(NettySockets.class);
  private static final int CONNECT_MILLIS = 5_000;

  private NettySockets() {}

  /** An open listener. */
  public static final class Listener implements AutoCloseable {
    private final Channel channel;
    private final ChannelGroup connections;
    private final BusAddress address;
    private final @Nullable SocketFile file;

    private Listener(
        Channel channel, ChannelGroup connections, BusAddress address, @Nullable SocketFile file) {
      this.channel = channel;
      this.connections = connections;
      this.address = address;
      this.file = file;
    }

    /** Where it listens, with the port the system chose. */
    public BusAddress address() {
      return address;
    }

    /** Takes no more connections; those that exist stay. */
    @Override
    public void close() {
      channel.close().awaitUninterruptibly();
      if (file != null) {
        try {
          file.remove();
        } catch (IOException e) {
          LOG.warn("cannot remove {}: {}", address, e.getMessage());
        }
      }
    }

    /**
     * Takes no more connections, and ends those that exist. The end of the loop does not always:
     * one that is to end at once may leave its sockets open for as long as the process lives.
     */
    public void closeWithConnections() {
      close();
      connections.close().awaitUninterruptibly();
    }
  }

  /**
   * Listens; each connection gets what {@code connections} puts into its pipeline. Only the same
   * user can connect to a UNIX socket.
   */
  public static Listener listen(EventLoop loop, BusAddress address, ChannelHandler connections)
      throws IOException {
    ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    ServerBootstrap bootstrap =
        new ServerBootstrap().group(loop, loop).childHandler(kept(connections, open));
    String failure = "cannot listen on " + address;
    if (address instanceof BusAddress.Unix unix) {
      bootstrap.channel(NioServerDomainSocketChannel.class);
      try (SocketFile file = SocketFile.at(unix.path())) {
        return listen(bootstrap, open, address, file);
      } catch (IOException e) {
        throw new IOException(failure + ": " + e.getMessage(), e);
      }
    }
    bootstrap.channel(NioServerSocketChannel.class).childOption(ChannelOption.TCP_NODELAY, true);
    Channel channel = await(bootstrap.bind(resolve(address)), failure);
    return new Listener(channel, open, bound(channel, address), null);
  }

  private static ChannelHandler kept(ChannelHandler connections, ChannelGroup open) {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        open.add(channel);
        channel.pipeline().addLast(connections);
      }
    };
  }

  private static Listener listen(
      ServerBootstrap bootstrap, ChannelGroup open, BusAddress address, SocketFile file)
      throws IOException {
    ChannelFuture bound = bootstrap.bind(UnixDomainSocketAddress.of(file.toBind()));
    if (!bound.awaitUninterruptibly().isSuccess()) {
      throw new IOException(reason(bound));
    }
    try {
      file.publish();
    } catch (IOException e) {
      bound.channel().close().awaitUninterruptibly();
      throw e;
    }
    return new Listener(bound.channel(), open, address, file);
  }

  /** Connects; the connection's pipeline gets {@code handler}. */
  public static Channel connect(EventLoop loop, BusAddress address, ChannelHandler handler)
      throws IOException {
    Bootstrap bootstrap = new Bootstrap().group(loop).handler(handler);
    if (address instanceof BusAddress.Tcp) {
      bootstrap.channel(NioSocketChannel.class).option(ChannelOption.TCP_NODELAY, true);
    } else {
      bootstrap.channel(NioDomainSocketChannel.class);
    }
    bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS);
    return await(bootstrap.connect(resolve(address)), "cannot reach " + address);
  }

  private static Channel await(ChannelFuture future, String failure) throws IOException {
    if (future.awaitUninterruptibly().isSuccess()) {
      return future.channel();
    }
    throw new IOException(failure + ": " + reason(future));
  }

  private static String reason(ChannelFuture future) {
    Throwable cause = future.cause();
    return cause == null ? "cancelled" : String.valueOf(cause.getMessage());
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
}
