package org.smmulator.web;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.smmulator.metrics.Summary;
import org.smmulator.smmu.explain.Question;

/**
 * Serves one machine's summary: {@code /metrics}, {@code /api/summary} and the page at {@code /};
 * explains its translations under {@code /api/explain}. Runs on a thread of its own, so that a slow
 * reader never holds up the machine.
 */
public final class WebServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long CLOSE_SECONDS = 5;

  /** One read, of which everything is held until it is answered; a request has 30 bytes or more. */
  private static final int READ_BYTES = 4096;

  /** What the kernel may hold of one client, in each direction; else it takes megabytes. */
  private static final int KERNEL_BYTES = 1 << 16;

  private final EventLoopGroup loops;
  private final HttpConnections connections;
  private final Channel listener;

  private WebServer(EventLoopGroup loops, HttpConnections connections, Channel listener) {
    this.loops = loops;
    this.connections = connections;
    this.listener = listener;
  }

  /**
   * Starts to serve.
   *
   * @param address HOST:PORT; port 0 takes a free one
   * @param source the summary of now
   * @param explanations lines that explain a translation; both throw an {@link
   *     IllegalStateException} that says why when the machine does not answer
   * @throws IOException if it cannot listen there; the message is a sentence
   */
  public static WebServer start(
      String address, Supplier<Summary> source, Function<Question, List<String>> explanations)
      throws IOException {
    return start(address, source, explanations, PATIENCE);
  }

  /**
   * As above.
   *
   * @param patience for a whole request to come, and for its answer to go
   */
  static WebServer start(
      String address,
      Supplier<Summary> source,
      Function<Question, List<String>> explanations,
      Duration patience)
      throws IOException {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    int port = Integer.parseInt(address.substring(colon + 1));
    Pages pages = new Pages(source, explanations);
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("smmulator-http", true), NioIoHandler.newFactory());
    HttpConnections connections = new HttpConnections(host, pages, patience);
    try {
      Channel listener = listen(loops, connections, resolve(host, port));
      return new WebServer(loops, connections, listener);
    } catch (IOException e) {
      loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly();
      throw new IOException("http.listen: " + address + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static InetSocketAddress resolve(String host, int port) throws IOException {
    try {
      return new InetSocketAddress(InetAddress.getByName(host.replaceAll("[\\[\\]]", "")), port);
    } catch (UnknownHostException e) {
      throw new IOException("no host has this name", e);
    }
  }

  private static Channel listen(
      EventLoopGroup loops, HttpConnections connections, InetSocketAddress address)
      throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_RCVBUF, KERNEL_BYTES)
            .childOption(ChannelOption.SO_SNDBUF, KERNEL_BYTES)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .childHandler(connections)
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    return bound.channel();
  }

  /** Where it listens, as HOST:PORT with the real port. */
  public String address() {
    InetSocketAddress address = (InetSocketAddress) listener.localAddress();
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  @Override
  public void close() {
    listener.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    connections.close();
    loops
        .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
