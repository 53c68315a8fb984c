package org.smmulator.vfio;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.counter.Tally;
import org.smmulator.execution.Loop;

/**
 * The socket of one function. One client at a time has the function; the next one gets it when the
 * first has gone and the function has been reset. If the first stays, the next is told so after a
 * moment: of two that come at once, the one that is about to go may be heard last.
 */
@SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of a connection
public final class VfioPort implements AutoCloseable, VfioSession.Places {
  private static final Logger LOG = LoggerFactory.getLogger(VfioPort.class);

  /** Connections at a time, most of which wait to be told that there is no room. */
  static final int MOST_CONNECTIONS = 16;

  static final long PATIENCE_NANOS = 1_000_000_000L;
  private static final long NANOS_PER_COMPLAINT = 1_000_000_000L;

  private final ServedFunction function;
  private final Loop loop;
  private final Tally<VfioCounter> tally;
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
  private int connections;
  private @Nullable VfioSession holder;
  private boolean resetting;
  private long nextComplaint;
  private long complaintsLeftOut;
  private NettySockets.@Nullable Listener listener;

  private record Waiter(VfioSession session, Runnable granted, Runnable refused) {}

  /**
   * @param loop where the function is, on the thread of its socket
   */
  public VfioPort(ServedFunction function, Loop loop, Tally<VfioCounter> tally) {
    this.function = function;
    this.loop = loop;
    this.tally = tally;
    nextComplaint = loop.nanoTime();
  }

  /**
   * Opens the socket, to which its user alone can connect. Not to be called on the loop.
   *
   * @param thread the loop's
   * @throws IOException if the socket cannot be there, with one sentence
   */
  public void open(EventLoop thread, Path path) throws IOException {
    listener =
        NettySockets.listen(
            thread,
            new BusAddress.Unix(path),
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                connected(channel);
              }
            });
  }

  private void connected(Channel channel) {
    if (connections == MOST_CONNECTIONS) {
      complain("more than " + connections + " clients have connected to " + function.name());
      tally.count(VfioCounter.CLIENTS_REFUSED);
      channel.close();
      return;
    }
    connections++;
    channel.closeFuture().addListener(closed -> connections--);
    channel.pipeline().addLast(new VfioConnection(channel, this));
  }

  VfioSession newSession(VfioSession.Outlet outlet) {
    return new VfioSession(function, this, outlet, tally);
  }

  @Override
  public void take(VfioSession session, Runnable granted, Runnable refused) {
    Waiter waiter = new Waiter(session, granted, refused);
    waiters.add(waiter);
    grantNext();
    if (waiters.contains(waiter)) {
      loop.schedule(() -> giveUp(waiter), PATIENCE_NANOS);
    }
  }

  private void grantNext() {
    Waiter next = holder == null && !resetting ? waiters.poll() : null;
    if (next != null) {
      holder = next.session;
      next.granted.run();
    }
  }

  private void giveUp(Waiter waiter) {
    if (waiter.equals(waiters.peek()) && holder == null) {
      loop.schedule(() -> giveUp(waiter), PATIENCE_NANOS); // the function is its own once reset
    } else if (waiters.remove(waiter)) {
      waiter.refused.run();
    }
  }

  @Override
  public void leave(VfioSession session) {
    waiters.removeIf(waiter -> waiter.session == session);
    if (holder == session) {
      holder = null;
      resetting = true;
      tally.count(VfioCounter.RESETS);
      function.reset(
          () -> {
            resetting = false;
            grantNext();
          });
    }
  }

  @Override
  public void complain(String line) {
    if (loop.nanoTime() < nextComplaint) {
      complaintsLeftOut++;
      return;
    }
    nextComplaint = loop.nanoTime() + NANOS_PER_COMPLAINT;
    String others = complaintsLeftOut == 0 ? "" : "; " + complaintsLeftOut + " more until now";
    complaintsLeftOut = 0;
    LOG.warn("{}{}", line, others);
  }

  /** Takes no more clients, and ends the sessions. Not to be called on the loop. */
  @Override
  public void close() {
    if (listener != null) {
      listener.closeWithConnections();
    }
  }
}
