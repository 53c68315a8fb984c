package org.smmulator.qtest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One harness at the guest port. Its lines are executed in order; while it does not take its
 * answers nothing more is read from it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel, which the port is told
final class Session extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final String OVERLONG = "ERR the line is longer than " + GuestPort.LONGEST_LINE;

  /** What a harness may leave unread of lines that it did not ask for. */
  private static final long MOST_UNSENT = 64L << 20;

  private final GuestPort port;
  private final Commands commands;
  private final Channel channel;
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private boolean begun;
  private boolean executing;

  Session(GuestPort port, Commands commands, Channel channel) {
    this.port = port;
    this.commands = commands;
    this.channel = channel;
  }

  /** Its turn has come. */
  void begin() {
    LOG.info("a harness drives the machine");
    begun = true;
    commands.begin();
    execute();
  }

  void send(String line) {
    ByteBuf bytes = channel.alloc().buffer(line.length() + 1);
    bytes.writeCharSequence(line, ISO_8859_1);
    bytes.writeByte('\n');
    channel.write(bytes, channel.voidPromise());
  }

  void flush() {
    channel.flush();
    if (channel.isActive() && channel.bytesBeforeWritable() > MOST_UNSENT) {
      LOG.warn("the harness does not read what it is sent and is cut off");
      channel.close();
    }
  }

  void close() {
    channel.close();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    port.arrived(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    lines.clear();
    port.left(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf line = (ByteBuf) message;
    lines.add(line.toString(ISO_8859_1));
    line.release();
    execute();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    execute();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      lines.add(OVERLONG);
      execute();
      return;
    }
    if (!(cause instanceof IOException)) {
      LOG.error("the guest port failed", cause);
    }
    channel.close();
  }

  private void execute() {
    if (executing) {
      return;
    }
    executing = true;
    while (begun && channel.isWritable() && !lines.isEmpty()) {
      String answer = answer(lines.remove());
      port.sendLines();
      send(answer);
      flush();
    }
    executing = false;
    channel.config().setAutoRead(lines.isEmpty());
  }

  @SuppressWarnings("ReferenceEquality") // the mark of a line that was thrown away
  private String answer(String line) {
    if (line == OVERLONG) {
      return OVERLONG;
    }
    try {
      return commands.execute(line);
    } catch (RuntimeException e) {
      LOG.error("'{}' failed", Words.shown(line), e);
      return "FAIL internal error: " + e.getMessage();
    }
  }
}
