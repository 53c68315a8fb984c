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
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One client, at times of which the test disposes. */
class PatienceTest {
  private static final String REQUEST = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";

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
                held.add(done);
              }
            })
        .addLast(new Patience(Duration.ofSeconds(30)));
  }

  @AfterEach
  void end() {
    channel.finishAndReleaseAll();
  }

  private void receive(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
  }

  private void answer() {
    channel.writeOutbound(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void takeAnswer() {
    held.remove().setSuccess();
    channel.runPendingTasks();
  }

  private void advance(int seconds) {
    channel.advanceTimeBy(seconds, SECONDS);
    channel.runPendingTasks();
  }

  /** Until here, and no longer. */
  private void assertEndsAfter30Seconds() {
    advance(29);
    assertThat(channel.isOpen()).isTrue();
    advance(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aConnectionHasItsTimeForTheFirstRequest() {
    assertEndsAfter30Seconds();
  }

  @Test
  void partsOfARequestGiveNoTime() {
    for (int i = 0; i < 29; i++) {
      receive(REQUEST.substring(i, i + 1));
      advance(1);
    }
    receive(REQUEST.substring(29, REQUEST.length() - 1));
    assertThat(channel.isOpen()).isTrue();
    advance(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void anAnswerHasAsMuchTimeAsItsRequestHad() {
    advance(29);
    receive(REQUEST);
    answer();
    assertEndsAfter30Seconds();
  }

  @Test
  void aRequestHasItsTimeFromTheAnswerBeforeIt() {
    receive(REQUEST);
    answer();
    advance(29);
    takeAnswer();
    assertEndsAfter30Seconds();
  }
}
