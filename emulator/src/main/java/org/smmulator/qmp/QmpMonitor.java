package org.smmulator.qmp;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettySockets;

/**
 * The QMP monitors of one machine, each connected to a program that waits for it, as QEMU's {@code
 * -mon ...,mode=control} does. One that the program closes stays closed; the machine goes on. All
 * of them are on a thread of their own.
 */
public final class QmpMonitor implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("qmp", true), NioIoHandler.newFactory());
  private final List<Channel> connections = new ArrayList<>();

  private final QmpMachine machine;

  public QmpMonitor(QmpMachine machine) {
    this.machine = machine;
  }

  /**
   * Connects to one more program, and greets it.
   *
   * @throws IOException if it cannot be reached; the message says which, and why
   */
  public void connect(BusAddress program) throws IOException {
    EventLoop loop = (EventLoop) group.next();
    ChannelInitializer<Channel> session =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new QmpFrames(), new QmpSession(machine));
          }
        };
    connections.add(NettySockets.connect(loop, program, session));
  }

  /** Ends them; not called on their thread. */
  @Override
  public void close() {
    connections.forEach(each -> each.close().awaitUninterruptibly());
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
