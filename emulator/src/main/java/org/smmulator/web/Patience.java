package org.smmulator.web;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends the connection of a client that, for so long, has neither sent a whole request nor taken
 * what it was sent. A part of either gives it no time.
 */
final class Patience extends IdleStateHandler {
  Patience(Duration patience) {
    super(0, 0, patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (message instanceof LastHttpContent) {
      super.channelRead(context, message);
    } else {
      context.fireChannelRead(message);
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // a failure to close leaves nothing to be done
  protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
    context.close();
  }
}
