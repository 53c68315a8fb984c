package org.smmulator.web;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client. Nothing is read from it while it has not taken its last answer, so that it makes the
 * server hold one answer and one read, however much it asks for; and each request and each answer
 * has a limited time, so that no connection stays for nothing.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failure to close leaves nothing to be done
final class HttpConnection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
  private static final int MOST_BODY_BYTES = 1 << 16;
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src"
          + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Requests requests;
  private final Duration patience;

  /** What one read brought beyond the request that is answered now. */
  private final ArrayDeque<HttpObject> waiting = new ArrayDeque<>();

  private boolean answering;
  private @Nullable HttpRequest request;
  private @Nullable ScheduledFuture<?> deadline;
  private long bodyBytes;

  /**
   * @param patience for a whole request to come, and for its answer to go
   */
  HttpConnection(Requests requests, Duration patience) {
    this.requests = requests;
    this.patience = patience;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    awaitRequest(context);
  }

  private void awaitRequest(ChannelHandlerContext context) {
    if (!context.channel().isActive()) {
      return;
    }
    request = null;
    bodyBytes = 0;
    answering = false;
    limitTime(context);
    proceed(context);
    if (!answering) {
      context.read();
    }
  }

  private void proceed(ChannelHandlerContext context) {
    while (!answering && !waiting.isEmpty()) {
      HttpObject message = waiting.remove();
      take(context, message);
      ReferenceCountUtil.release(message);
    }
  }

  private void limitTime(ChannelHandlerContext context) {
    stopClock();
    deadline =
        context
            .executor()
            .schedule(() -> context.close(), patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void stopClock() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopClock();
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    waiting.add((HttpObject) message);
    proceed(context);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!answering) {
      context.read();
    }
  }

  private void take(ChannelHandlerContext context, HttpObject message) {
    if (message instanceof HttpRequest head) {
      request = head;
    }
    HttpRequest current = request;
    if (current == null) {
      return; // what a decoder says after the end of a request
    }
    if (message instanceof HttpContent content) {
      bodyBytes += content.content().readableBytes();
    }
    if (message.decoderResult().isFailure()) {
      current.setDecoderResult(message.decoderResult());
      send(context, current, requests.answer(current), false);
    } else if (bodyBytes > MOST_BODY_BYTES) {
      send(context, current, tooLarge(), false);
    } else if (message instanceof LastHttpContent) {
      send(context, current, requests.answer(current), HttpUtil.isKeepAlive(current));
    }
  }

  private static Answer tooLarge() {
    return Answer.plain(
        HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "nothing can be changed here; send no body");
  }

  private void send(
      ChannelHandlerContext context, HttpRequest to, Answer answer, boolean keepAlive) {
    answering = true;
    limitTime(context);
    ChannelFuture sent = context.writeAndFlush(response(to, answer, keepAlive));
    sent.addListener(
        done -> {
          if (keepAlive && done.isSuccess()) {
            // A step of its own: others get their turn between two requests of one client.
            context.executor().execute(() -> awaitRequest(context));
          } else {
            context.close();
          }
        });
  }

  private static FullHttpResponse response(HttpRequest to, Answer answer, boolean keepAlive) {
    ByteBuf body = Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, answer.status(), body);
    HttpHeaders headers = response.headers();
    headers
        .set(HttpHeaderNames.CONTENT_TYPE, answer.type() + "; charset=utf-8")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes())
        .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
        .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
        .set("X-Content-Type-Options", "nosniff")
        .set("Referrer-Policy", "no-referrer")
        .set("Cross-Origin-Resource-Policy", "same-origin");
    if (answer.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
      headers.set(HttpHeaderNames.ALLOW, "GET, HEAD");
    }
    HttpUtil.setKeepAlive(headers, to.protocolVersion(), keepAlive);
    return response;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a client of the HTTP server failed", cause);
    context.close();
  }
}
