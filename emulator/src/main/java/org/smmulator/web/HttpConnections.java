package org.smmulator.web;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;

/** The clients of one server, of which there may be so many. */
@Sharable
@SuppressWarnings("FutureReturnValueIgnored") // a failure to close leaves nothing to be done
final class HttpConnections extends ChannelInitializer<Channel> {
  static final int MOST = 256;
  private static final String BUSY = "too many connections; close some\n";

  private final String host;
  private final Pages pages;
  private final Duration patience;
  private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  /**
   * @param host as http.listen says it
   */
  HttpConnections(String host, Pages pages, Duration patience) {
    this.host = host;
    this.pages = pages;
    this.patience = patience;
  }

  @Override
  protected void initChannel(Channel channel) {
    if (open.size() >= MOST) {
      channel.pipeline().addLast(new TurnedAway());
      return;
    }
    open.add(channel);
    InetSocketAddress bound = (InetSocketAddress) channel.parent().localAddress();
    Requests requests = new Requests(new Authorities(host, bound), pages);
    channel.pipeline().addLast(new HttpServerCodec(), new HttpConnection(requests, patience));
  }

  void close() {
    open.close();
  }

  private static final class TurnedAway extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      String answer =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: "
              + BUSY.length()
              + "\r\nConnection: close\r\n\r\n"
              + BUSY;
      context
          .writeAndFlush(Unpooled.copiedBuffer(answer, US_ASCII))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }
}
