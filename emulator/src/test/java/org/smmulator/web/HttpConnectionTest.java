package org.smmulator.web;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.metrics.Summary;

/** One client, at times of which the test disposes. */
class HttpConnectionTest {
  private static final String REQUEST = "GET /api/summary HTTP/1.1\r\nHost: 127.0.0.1:9464\r\n\r\n";

  /** Answers that the client has not taken yet. */
  private final Queue<ChannelPromise> held = new ArrayDeque<>();

  private final EmbeddedChannel channel = new EmbeddedChannel();

  @BeforeEach
  void connect() {
    channel.freezeTime();
    channel
        .pipeline()
        .addLast(new HttpServerCodec())
        .addLast(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void write(ChannelHandlerContext context, Object answer, ChannelPromise done) {
                ReferenceCountUtil.release(answer);
                held.add(done);
              }
            })
        .addLast(new HttpConnection(requests(), Duration.ofSeconds(30)));
    channel.pipeline().fireChannelActive();
  }

  private static Requests requests() {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9464);
    Pages pages = new Pages(() -> Summary.EMPTY, question -> List.of());
    return new Requests(new Authorities("127.0.0.1", address), pages);
  }

  @AfterEach
  void end() {
    channel.finishAndReleaseAll();
  }

  private void receive(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    channel.runPendingTasks();
  }

  private void advance(int seconds) {
    channel.advanceTimeBy(seconds, SECONDS);
    channel.runPendingTasks();
  }

  private void takeAnswer() {
    held.remove().setSuccess();
    channel.runPendingTasks();
  }

  @Test
  void anAnswerHasAsMuchTimeAsItsRequestHad() {
    receive("GET /");
    advance(29);
    receive(REQUEST.substring(5));
    assertThat(held).hasSize(1);
    advance(29);
    assertThat(channel.isOpen()).isTrue();
    advance(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aRequestHasItsTimeFromTheAnswerBeforeIt() {
    receive(REQUEST);
    advance(29);
    takeAnswer();
    advance(29);
    assertThat(channel.isOpen()).isTrue();
    advance(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void answersThePipelinedOnesOneByOne() {
    receive(REQUEST + REQUEST + REQUEST);
    assertThat(held).hasSize(1);
    takeAnswer();
    assertThat(held).hasSize(1);
    takeAnswer();
    takeAnswer();
    assertThat(held).isEmpty();
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void theBodiesOfTwoRequestsAreTwo() {
    String post =
        REQUEST.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 40000\r\n\r\n");
    for (int i = 0; i < 2; i++) {
      receive(post + "x".repeat(40_000));
      assertThat(held).as("request %d", i).hasSize(1);
      takeAnswer();
    }
    assertThat(channel.isOpen()).as("each is within the limit").isTrue();
  }
}
