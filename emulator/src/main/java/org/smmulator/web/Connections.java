package org.smmulator.web;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.netty.ChannelPipelineConfigurer;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyPipeline;

/** The clients of one server, of which there may be so many. Known to its one thread. */
@SuppressWarnings("FutureReturnValueIgnored") // a failure to close leaves nothing to be done
final class Connections implements ChannelPipelineConfigurer {
  static final int MOST = 256;
  private static final String BUSY = "too many connections; close some\n";
  private static final String TURNED_AWAY =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: "
          + BUSY.length()
          + "\r\nConnection: close\r\n\r\n"
          + BUSY;

  private final Duration patience;
  private int open;

  /**
   * @param patience for a whole request to come, and for its answer to go
   */
  Connections(Duration patience) {
    this.patience = patience;
  }

  @Override
  public void onChannelInit(
      ConnectionObserver observer, Channel channel, @Nullable SocketAddress remote) {
    if (open >= MOST) {
      turnAway(channel);
      return;
    }
    open++;
    channel.closeFuture().addListener(closed -> open--);
    channel.pipeline().addAfter(NettyPipeline.HttpCodec, "patience", new Patience(patience));
  }

  private static void turnAway(Channel channel) {
    channel
        .pipeline()
        .firstContext()
        .writeAndFlush(Unpooled.copiedBuffer(TURNED_AWAY, US_ASCII))
        .addListener(ChannelFutureListener.CLOSE);
  }
}
