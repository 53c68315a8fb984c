package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a link begins, or does not. */
class GreetingTest extends RawLink {
  @ParameterizedTest
  @ValueSource(strings = {READ, "000000060500000000010000", "000000080400000000010000"})
  void closesOnAnythingBeforeTheHello(String frame) {
    receive(frame);
    assertThat(handler.closed.getNow("still open")).isEqualTo("frame before the hello is answered");
    assertThat(handler.events).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "534D4D420001, hello without the magic number of this bus",
    "534D4D4300010000, hello without the magic number of this bus",
    "534D4D4200010000000100, hello with half an item",
    "534D4D420001000000010005000001, hello with half an item",
    "534D4D42000100000001000200FF, hello item 1 is no number of four bytes",
    "534D4D42000100000001000400010000, hello: requester id beyond 16 bits",
    "534D4D420001000000050004000000FF, hello: MPS or MRRS is no power of two from 128 to 4096",
    "534D4D42000100000006000400002000, hello: MPS or MRRS is no power of two from 128 to 4096",
    "534D4D42000100000007000400000009, 'hello: tags have 5, 8 or 10 bits'",
    "534D4D420001000000040004000001FF, hello: frame length too small for its MPS",
  })
  void refusesBadHello(String body, String reason) {
    int length = 4 + body.length() / 2;
    receive(String.format("%08X01000000%s", length, body));
    assertThat(handler.closed.getNow("still open")).isEqualTo(reason);
    assertThat(handler.events).isEmpty();
  }

  @Test
  void refusesNameThatIsTooLong() {
    receive("00000051" + "01000000" + "534D4D4200010000" + "00030041" + "41".repeat(65));
    assertThat(handler.closed.getNow("still open")).isEqualTo("hello item 3 longer than 64");
  }

  @Test
  void refusesOtherMajorVersionWithBothVersionsNamed() {
    receive(HELLO.replace("534D4D4200010000", "534D4D4200020003"));
    String text = "protocol version 2.3, this side speaks 1.x";
    assertThat(wire.allSent()).endsWith("06000000" + "0001" + hex(text));
    assertThat(handler.closed.getNow("still open")).isEqualTo(text);
  }

  @Test
  void takesHelloOfALaterMinorVersion() {
    receive(HELLO.replace("534D4D4200010000", "534D4D4200010007"));
    assertThat(handler.events).containsExactly("hello dma d0");
  }

  @Test
  void closesWhenNoHelloComesInTime() {
    wire.loop.advance(999);
    assertThat(link.isOpen()).isTrue();
    wire.loop.advance(1);
    assertThat(wire.allSent()).endsWith("06000000" + "0006" + hex("no hello in time"));
    assertThat(handler.closed.getNow("still open")).isEqualTo("no hello in time");
  }

  @Test
  void stopsWaitingForTheHelloOnceItIsAnswered() {
    receive(HELLO);
    assertThat(wire.loop.timersPending()).isZero();
    wire.loop.advance(1_000_000);
    assertThat(link.isOpen()).isTrue();
  }

  @Test
  void deviceGivesUpWhenItsHelloIsNotAnswered() {
    RecordingHandler device = new RecordingHandler();
    Link endpoint = new Link(Link.Role.ENDPOINT, device, LIMITS, wire);
    endpoint.connected();
    endpoint.sendHello(Hello.of(Hello.ASSIGN, "dma", "d0"));
    wire.loop.advance(1_000);
    assertThat(device.closed.getNow("still open")).isEqualTo("hello not answered");
  }

  @Test
  void deviceTakesOneAnswerToItsHello() {
    handler = new RecordingHandler();
    link = new Link(Link.Role.ENDPOINT, handler, LIMITS, wire);
    receive(HELLO_ACK);
    receive(HELLO_ACK);
    assertThat(handler.events).containsExactly("granted 100");
    assertThat(handler.closed.getNow("still open")).isEqualTo("hello answer out of place");
  }

  @Test
  void cutsLongNamesBetweenCharacters() throws ProtocolException {
    for (String name : new String[] {"x".repeat(63) + "\u00e9", "x".repeat(62) + "\u20ac"}) {
      ByteBuf body = Unpooled.buffer();
      Hello.of(7, "dma", name).encode(body);
      assertThat(Hello.decode(body).name()).isEqualTo(name.substring(0, name.length() - 1));
    }
  }
}
