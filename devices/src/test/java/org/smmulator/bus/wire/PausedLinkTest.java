package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.Tlp;

/** A link whose handler wants nothing more for a while. */
class PausedLinkTest extends RawLink {
  private void pauseAtEachPacket() {
    use(
        new RecordingHandler() {
          @Override
          public void tlp(Tlp tlp) {
            super.tlp(tlp);
            link().pause();
          }
        });
  }

  @Test
  void handsNothingOverUntilItGoesOnAndThenAllOfItInOrder() {
    pauseAtEachPacket();
    receive(HELLO);
    wire.sent.clear();
    receive(WRITE + READ + WRITE.substring(0, 30));
    assertThat(wire.reading).isFalse();
    receive(WRITE.substring(30));
    assertThat(handler.events).hasSize(2).last().isEqualTo(WRITE_EVENT);
    link.resume();
    assertThat(handler.events).as("in a step of its own").hasSize(2);
    wire.loop.run();
    assertThat(handler.events).hasSize(3);
    assertThat(wire.allSent()).isEqualTo(READ_ANSWER.toLowerCase(Locale.ROOT));
    link.resume();
    wire.loop.run();
    assertThat(handler.events).hasSize(4).last().isEqualTo(WRITE_EVENT);
    link.resume();
    assertThat(wire.reading).isTrue();
  }

  @Test
  void stillSends() {
    receive(HELLO);
    link.pause();
    wire.sent.clear();
    link.sendControl(ControlCode.RESET);
    link.flush();
    assertThat(wire.sent).hasSize(1);
  }

  @Test
  void wholeFramesThatWereNotHandedOverAreNoHalfFrame() {
    pauseAtEachPacket();
    receive(HELLO);
    receive(WRITE + WRITE);
    link.ended("gone");
    wire.loop.run();
    assertThat(handler.closed.getNow("still open")).isEqualTo("gone");
    assertThat(handler.events).hasSize(2);
  }

  /** Or it would not see that its peer closes the connection as well. */
  @Test
  void readsOnOnceItIsClosed() {
    receive(HELLO);
    link.pause();
    link.close(ErrorCode.SHUTDOWN, "over");
    assertThat(wire.reading).isTrue();
    receive(WRITE);
    wire.loop.run();
    assertThat(handler.events).hasSize(1);
  }

  @Test
  void aSocketIsNotReadMeanwhile() {
    EmbeddedChannel channel = new EmbeddedChannel();
    SocketWire socket =
        new SocketWire(channel, "peer", Link.Role.ROOT_PORT, handler, LinkLimits.DEFAULT);
    socket.link().pause();
    assertThat(channel.config().isAutoRead()).isFalse();
    socket.link().resume();
    assertThat(channel.config().isAutoRead()).isTrue();
    channel.finishAndReleaseAll();
  }
}
