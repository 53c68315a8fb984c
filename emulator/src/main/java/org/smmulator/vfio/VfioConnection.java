package org.smmulator.vfio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection of one client: cuts what comes into messages, and hands them to the session one by
 * one. While the session is busy, or its replies are not taken, nothing more is read.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel, which is told here
final class VfioConnection extends ChannelInboundHandlerAdapter implements VfioSession.Outlet {
  private static final Logger LOG = LoggerFactory.getLogger(VfioConnection.class);

  /** How long one that is turned away may take to read why. */
  private static final long FAREWELL_SECONDS = 5;

  private final Channel channel;
  private final VfioSession session;

  /** What came and is no whole message yet, or waits for the session. */
  private ByteBuf unread = Unpooled.buffer();

  private boolean taking;
  private boolean ending;

  VfioConnection(Channel channel, VfioPort port) {
    this.channel = channel;
    this.session = port.newSession(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf received = (ByteBuf) message;
    try {
      if (!ending) {
        unread.writeBytes(received);
      }
    } finally {
      received.release();
    }
    takeMessages();
  }

  private void takeMessages() {
    if (taking) {
      return;
    }
    taking = true;
    try {
      while (!ending && mayTake() && hasMessage()) {
        session.receive(unread.readSlice((int) VfioHeader.size(unread)));
      }
    } finally {
      taking = false;
    }
    unread = unread.isReadable() ? unread.discardReadBytes() : unread.clear();
    channel.flush();
    channel.config().setAutoRead(ending || mayTake());
  }

  private boolean mayTake() {
    return !session.isBusy() && channel.isWritable();
  }

  /** Whether a whole message is there; what cannot become one ends the connection. */
  private boolean hasMessage() {
    if (unread.readableBytes() < VfioHeader.BYTES) {
      return false;
    }
    long size = VfioHeader.size(unread);
    if (size < VfioHeader.BYTES || size > VfioSession.MOST_BYTES) {
      session.malformed("a message of " + size + " bytes");
      session.refuseSize(unread);
      farewell();
      return false;
    }
    return unread.readableBytes() >= size;
  }

  /** Whether the part of a message has come, or some wait. */
  boolean hasUnread() {
    return unread.isReadable();
  }

  @Override
  public void send(ByteBuf message) {
    channel.write(message, channel.voidPromise());
    if (!taking) {
      channel.flush();
    }
  }

  /**
   * The end waits until the client has read what it was told: to close a connection with something
   * unread in it takes back what was sent.
   */
  @Override
  public void farewell() {
    ending = true;
    session.closed();
    unread.clear();
    channel.flush();
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
    channel.config().setAutoRead(true);
    channel.eventLoop().schedule(() -> channel.close(), FAREWELL_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void idle() {
    takeMessages();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    takeMessages();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ending = true;
    unread.clear();
    session.closed();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.error("a vfio-user session failed", cause);
    }
    channel.close();
  }
}
