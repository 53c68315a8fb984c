package org.smmulator.web;

import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/**
 * Serves one machine's summary: {@code /metrics}, {@code /api/summary} and the page at {@code /};
 * explains its translations under {@code /api/explain}, shows an ATC under {@code /api/atc}. Runs
 * on a thread of its own, so that a slow reader never holds up the machine.
 */
public final class WebServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long CLOSE_SECONDS = 5;

  /** One read, of which everything is held until it is answered; a request has 16 bytes or more. */
  private static final int READ_BYTES = 4096;

  /** A step may name some 3,000 devices. */
  private static final int MOST_LINE_BYTES = 1 << 16;

  /** What the kernel may hold of one client's answers; else it takes megabytes. */
  private static final int KERNEL_BYTES = 1 << 16;

  private final EventLoopGroup loops;
  private final ChannelGroup clients;
  private final DisposableServer server;

  private WebServer(EventLoopGroup loops, ChannelGroup clients, DisposableServer server) {
    this.loops = loops;
    this.clients = clients;
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param address HOST:PORT; port 0 takes a free one
   * @throws IOException if it cannot listen there; the message is a sentence
   */
  public static WebServer start(String address, WatchedMachine machine) throws IOException {
    return start(address, machine, PATIENCE);
  }

  /**
   * As above.
   *
   * @param patience for a whole request to come, and for its answer to go
   */
  static WebServer start(String address, WatchedMachine machine, Duration patience)
      throws IOException {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    int port = Integer.parseInt(address.substring(colon + 1));
    Pages pages = new Pages(machine);
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("smmulator-http", true), NioIoHandler.newFactory());
    ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    try {
      InetSocketAddress listening = resolve(host, port);
      Exchanges exchanges = new Exchanges(host, listening.getAddress(), pages);
      return new WebServer(loops, clients, listen(loops, clients, listening, patience, exchanges));
    } catch (IOException e) {
      end(loops);
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

  private static DisposableServer listen(
      EventLoopGroup loops,
      ChannelGroup clients,
      InetSocketAddress listening,
      Duration patience,
      Exchanges exchanges)
      throws IOException {
    HttpServer server =
        HttpServer.create()
            .runOn(loops)
            .channelGroup(clients)
            .bindAddress(() -> listening)
            .childOption(ChannelOption.SO_SNDBUF, KERNEL_BYTES)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .httpRequestDecoder(spec -> spec.maxInitialLineLength(MOST_LINE_BYTES))
            .maxPipelineDepth(READ_BYTES)
            .doOnChannelInit(new Connections(patience))
            .handle(exchanges);
    try {
      return server.bindNow();
    } catch (ChannelBindException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(cause.getMessage(), cause);
    }
  }

  /** Where it listens, as HOST:PORT with the real port. */
  public String address() {
    InetSocketAddress address = (InetSocketAddress) server.address();
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /** The real port. */
  public int port() {
    return ((InetSocketAddress) server.address()).getPort();
  }

  /** Closes the clients itself: a loop that is to end at once may leave them open. */
  @Override
  public void close() {
    server.channel().close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    clients.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    end(loops);
  }

  private static void end(EventLoopGroup loops) {
    loops
        .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
