package org.smmulator.bus.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.execution.Loop;

/**
 * A socket as the wire of one link, on the socket's event loop. Closing in good order shuts the
 * output down and reads on until the peer does the same, because a socket closed with unread bytes
 * would take the last frame away from the peer.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel, which the link is told
final class SocketWire extends ChannelInboundHandlerAdapter implements Wire {
  private static final Logger LOG = LoggerFactory.getLogger(SocketWire.class);

  /** How long the peer may take to close its side. */
  static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Channel channel;
  private final Loop loop;
  private final String peer;
  private final Link link;

  SocketWire(Channel channel, String peer, Link.Role role, LinkHandler handler, LinkLimits limits) {
    this.channel = channel;
    this.loop = new NettyLoop(channel.eventLoop());
    this.peer = peer;
    this.link = new Link(role, handler, limits, this);
  }

  Link link() {
    return link;
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public String peer() {
    return peer;
  }

  @Override
  public ByteBuf allocate(int bytes) {
    return channel.alloc().ioBuffer(bytes);
  }

  @Override
  public void send(ByteBuf bytes) {
    channel.writeAndFlush(bytes, channel.voidPromise());
  }

  @Override
  public long unsentBytes() {
    ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
    return pending == null ? 0 : pending.totalPendingWriteBytes();
  }

  @Override
  public void reading(boolean wanted) {
    channel.config().setAutoRead(wanted);
  }

  @Override
  public void finish() {
    var linger = loop.schedule(this::abort, LINGER_NANOS);
    channel.closeFuture().addListener(closed -> linger.cancel());
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                sent -> {
                  if (!sent.isSuccess()) {
                    abort();
                  } else if (channel instanceof DuplexChannel duplex) {
                    duplex.shutdownOutput();
                  }
                });
  }

  @Override
  public void abort() {
    channel.close();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    link.connected();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    link.receive((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    link.readComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    link.ended("the connection was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.error("{}: the link failed", peer, cause);
    }
    String message = cause.getMessage();
    link.ended(message == null ? "the connection failed" : "the connection failed: " + message);
    channel.close();
  }
}
