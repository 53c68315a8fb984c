package org.smmulator.bus.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import org.junit.jupiter.api.AfterEach;

/** A link at the root complex's end against raw bytes, typed by hand. */
abstract class RawLink {
  static final String HELLO =
      "00000044"
          + "01"
          + "00"
          + "0000"
          + "534D4D42"
          + "0001"
          + "0000"
          + "0002"
          + "0003"
          + "646D61" // model dma
          + "0003"
          + "0002"
          + "6430" // name d0
          + "0004"
          + "0004"
          + "00001100"
          + "0005"
          + "0004"
          + "00000100" // MPS 256
          + "0006"
          + "0004"
          + "00000200" // MRRS 512
          + "0007"
          + "0004"
          + "0000000A"
          + "7FFF"
          + "0007"
          + "01020304050607"; // an item of some later version
  static final String HELLO_ACK =
      "0000002C"
          + "02"
          + "00"
          + "0000"
          + "534D4D42"
          + "0001"
          + "0002"
          + "0001"
          + "0004"
          + "00000100"
          + "0005"
          + "0004"
          + "00000100"
          + "0006"
          + "0004"
          + "00000200"
          + "0007"
          + "0004"
          + "0000000A";
  static final String READ = "00000010" + "03" + "00" + "0000" + "000000010100070F80001000";
  static final String READ_ANSWER =
      "00000014" + "03" + "00" + "0000" + "4A00000100000004" + "01000700" + "00010203";
  static final String WRITE =
      "00000018" + "03" + "00" + "0000" + "91000007" + "400000010100000F80000000" + "CAFEF00D";
  static final String WRITE_EVENT = "MEMORY_WRITE tag 0 pasid 7 cafef00d";
  static final LinkLimits LIMITS = new LinkLimits(1_000, 1 << 16);

  final TestWire wire = new TestWire();
  RecordingHandler handler = new RecordingHandler();
  Link link = open(handler);

  Link open(RecordingHandler told) {
    Link opened = new Link(Link.Role.ROOT_PORT, told, LIMITS, wire);
    opened.connected();
    return opened;
  }

  void use(RecordingHandler told) {
    handler = told;
    link = open(told);
  }

  void receive(String hex) {
    byte[] bytes = ByteBufUtil.decodeHexDump(hex);
    link.receive(wire.incoming(bytes, 0, bytes.length));
    link.readComplete();
    wire.loop.run();
  }

  static String hex(String text) {
    return ByteBufUtil.hexDump(text.getBytes(UTF_8));
  }

  @AfterEach
  void nothingLeaks() {
    link.ended("over");
    wire.loop.run();
    assertThat(wire.leaked()).isZero();
    assertThat(handler.closed).isDone();
    assertThat(wire.loop.timersPending()).isLessThanOrEqualTo(1);
  }
}
