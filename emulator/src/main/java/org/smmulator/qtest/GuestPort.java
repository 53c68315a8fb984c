package org.smmulator.qtest;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.LineBasedFrameDecoder;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.config.PortAddress;

/**
 * The socket of the guest port. One harness at a time drives the machine; where the machine
 * listens, the next ones wait, and each finds the machine as the one before left it. Commands are
 * executed on the event loop of the port, which is not the hardware's.
 */
public final class GuestPort implements AutoCloseable, Lines {
  /** Longest line: the most bytes of one command in hexadecimal, and its other words. */
  static final int LONGEST_LINE = 2 * MemoryCommands.MOST_BYTES + 256;

  static final int MOST_WAITING = 16;

  /** Lines that may wait for the port's loop; a harness that would miss one is cut off. */
  static final int MOST_LINES = 1 << 19;

  private final EventLoop loop;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AtomicInteger lineCount = new AtomicInteger();
  private final AtomicBoolean sending = new AtomicBoolean();
  private volatile boolean missed;
  private final ArrayDeque<Session> waiting = new ArrayDeque<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private @Nullable Session current;
  private @Nullable Channel connection;
  private NettySockets.@Nullable Listener listener;

  /**
   * @param loop an event loop for this port alone
   */
  public GuestPort(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * Connects to the harness, or listens for it.
   *
   * @return where the port is, with what the system chose
   */
  public PortAddress open(PortAddress address, Commands commands) throws IOException {
    ChannelInitializer<Channel> sessions =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            channel
                .pipeline()
                .addLast(new LineBasedFrameDecoder(LONGEST_LINE, true, true))
                .addLast(new Session(GuestPort.this, commands, channel));
          }
        };
    if (address.server()) {
      NettySockets.Listener open = NettySockets.listen(loop, address.socket(), sessions);
      listener = open;
      return address.at(open.address());
    }
    Channel open = NettySockets.connect(loop, address.socket(), sessions);
    open.closeFuture().addListener(closed -> ended.complete(null));
    connection = open;
    return address;
  }

  /** Complete when no harness can come any more. */
  public CompletableFuture<Void> ended() {
    return ended;
  }

  /** A harness that nobody listens to gets no lines. */
  @Override
  public void line(String text) {
    if (lineCount.incrementAndGet() <= MOST_LINES) {
      lines.add(text);
    } else {
      lineCount.decrementAndGet();
      missed = true;
    }
    if (sending.compareAndSet(false, true)) {
      loop.execute(this::sendLines);
    }
  }

  /** On the port's loop: what is to be sent before the next answer. */
  void sendLines() {
    sending.set(false);
    boolean incomplete = missed;
    for (int left = lineCount.get(); left > 0; left--) {
      String line = lines.poll();
      if (line == null) {
        break;
      }
      lineCount.decrementAndGet();
      if (current != null) {
        current.send(line);
      }
    }
    if (current != null) {
      current.flush();
      if (incomplete) {
        current.cutOff(MOST_LINES + " lines wait for it");
      }
    }
    if (incomplete) {
      missed = false;
    }
  }

  void arrived(Session session) {
    if (current == null) {
      forgetLines();
      current = session;
      session.begin();
    } else if (waiting.size() < MOST_WAITING) {
      waiting.add(session);
    } else {
      session.refuse(
          "ERR " + MOST_WAITING + " harnesses wait for their turn; try again when one has left");
    }
  }

  /** What came while nobody listened. */
  private void forgetLines() {
    while (lines.poll() != null) {
      lineCount.decrementAndGet();
    }
    missed = false;
  }

  void left(Session session) {
    waiting.remove(session);
    if (current == session) {
      current = null;
      Session next = waiting.poll();
      if (next != null) {
        arrived(next);
      }
    }
  }

  @Override
  public void close() {
    if (listener != null) {
      listener.closeWithConnections();
    }
    if (connection != null) {
      connection.close().awaitUninterruptibly();
    }
    ended.complete(null);
  }
}
