package org.smmulator.qtest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
  private static final String NO_MEMORY =
      "out of memory; start the machine with a larger heap, as with SMMULATOR_JAVA_OPTS=-Xmx512m";

  /** What a harness may leave unread of lines that it did not ask for. */
  private static final long MOST_UNSENT = 64L << 20;

  /** How long one that is turned away may take to read why. */
  private static final long FAREWELL_SECONDS = 5;

  /**
   * What a harness has sent.
   *
   * @param answer known already if the text cannot be executed
   */
  private record Line(String text, @Nullable String answer) {}

  private final GuestPort port;
  private final Commands commands;
  private final Channel channel;
  private final ArrayDeque<Line> lines = new ArrayDeque<>();
  private boolean begun;
  private boolean executing;
  private boolean refused;

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
      cutOff("it does not read what it is sent");
    }
  }

  /**
   * Ends it with a line that says why. The end waits until the harness has read it: to close a
   * connection with something unread in it takes back what was sent.
   */
  void refuse(String why) {
    LOG.warn("a harness is turned away: {}", why);
    refused = true;
    lines.clear();
    channel.config().setAutoRead(true);
    send(why);
    channel.flush();
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
    channel.eventLoop().schedule(() -> channel.close(), FAREWELL_SECONDS, TimeUnit.SECONDS);
  }

  void cutOff(String why) {
    LOG.warn("the harness is cut off: {}", why);
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
    try {
      if (!refused) {
        lines.add(received(line));
      }
    } finally {
      line.release();
    }
    execute();
  }

  private static Line received(ByteBuf line) {
    try {
      return new Line(line.toString(ISO_8859_1), null);
    } catch (OutOfMemoryError e) {
      return new Line("", "FAIL " + NO_MEMORY);
    }
  }

  /** One that waits is read no further, however much it sends: its turn may be far away. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!begun && !refused) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    execute();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      lines.add(new Line("", OVERLONG));
      execute();
    } else if (cause instanceof IOException || refused) {
      channel.close();
    } else {
      LOG.error("the guest port failed", cause);
      refuse(cause instanceof OutOfMemoryError ? "FAIL " + NO_MEMORY : "FAIL internal error");
    }
  }

  private void execute() {
    if (executing) {
      return;
    }
    executing = true;
    try {
      while (begun && channel.isWritable() && !lines.isEmpty()) {
        Line line = lines.remove();
        String answer = answer(line);
        if (LOG.isDebugEnabled()) {
          LOG.debug("'{}' is answered {}", Words.shown(line.text), Words.shown(answer));
        }
        port.sendLines();
        send(answer);
        flush();
      }
    } finally {
      executing = false;
    }
    channel.config().setAutoRead(refused || lines.isEmpty());
  }

  private String answer(Line line) {
    if (line.answer != null) {
      return line.answer;
    }
    try {
      return commands.execute(line.text);
    } catch (OutOfMemoryError e) {
      return "FAIL " + NO_MEMORY;
    } catch (RuntimeException e) {
      LOG.error("'{}' failed", Words.shown(line.text), e);
      return "FAIL internal error: " + e.getMessage();
    }
  }
}
