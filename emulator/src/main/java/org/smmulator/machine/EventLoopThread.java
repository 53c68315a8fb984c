package org.smmulator.machine;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/** One thread with an event loop, for sockets and hardware. */
final class EventLoopThread implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop eventLoop;

  EventLoopThread(String name) {
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    eventLoop = (EventLoop) group.next();
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  /** Ends it. Whoever opened sockets on it has closed them. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
  }
}
