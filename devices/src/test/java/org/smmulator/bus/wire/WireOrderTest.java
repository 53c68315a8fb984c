package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.smmulator.bus.tlp.TlpWriter;

/** What frames that take their time pass on a link, and what they do not. */
class WireOrderTest {
  private static final int DEVICE = 0x100;

  private final LinkTestLoop rootLoop = new LinkTestLoop();
  private final LinkTestLoop deviceLoop = new LinkTestLoop();
  private final RecordingHandler root = new RecordingHandler();
  private final RecordingHandler device = new RecordingHandler();
  private final Deque<Long> times = new ArrayDeque<>();

  @BeforeEach
  void join() {
    InProcessWire.join(
        root,
        rootLoop,
        frame -> 0,
        device,
        deviceLoop,
        frame -> times.isEmpty() ? 0 : times.remove(),
        new LinkLimits(1_000, 1 << 16));
    rootLoop.run();
    deviceLoop.run();
    device.link().sendHello(Hello.of(DEVICE, "dma", "d0"));
    rootLoop.run();
    deviceLoop.run();
    root.events.clear();
  }

  private void send(char frame, int tag) {
    Link link = device.link();
    switch (frame) {
      case 'W' -> {
        ByteBuf out = link.begin(FrameKind.TLP);
        out.setZero(TlpWriter.memoryWrite(out, 0, DEVICE, 0x1000, 4), 4);
        link.end();
      }
      case 'R' -> {
        TlpWriter.memoryRead(link.begin(FrameKind.TLP), 0, DEVICE, tag, 0x1000, 4);
        link.end();
      }
      case 'C' -> {
        long request = TlpWriter.transaction(0, tag);
        TlpWriter.completion(link.begin(FrameKind.TLP), DEVICE, request, 0, 4);
        link.end();
      }
      default -> link.sendStats(new long[DeviceCounter.values().length]);
    }
  }

  /**
   * W is a posted write, R a read, C a completion, S statistics, which are no packet. The first
   * takes a while, the second no time.
   */
  @ParameterizedTest
  @CsvSource({
    "WR, false",
    "WC, false",
    "WS, false", //
    "RW, true",
    "RR, true",
    "RC, false",
    "RS, false",
    "CW, true",
    "CR, true",
    "CC, false",
    "CS, false",
    "SW, false",
    "SR, false",
    "SC, false"
  })
  void thePassingOfTheFirstByTheSecond(String frames, boolean passes) {
    times.add(1_000L);
    times.add(0L);
    send(frames.charAt(0), 1);
    send(frames.charAt(1), 2);
    device.link().flush();
    rootLoop.run();
    assertThat(root.events).as("before the first is due").hasSize(passes ? 1 : 0);
    rootLoop.advance(1_000);
    assertThat(root.events).hasSize(2);
    String first = root.events.get(0).replaceAll(" pasid.*", "");
    String one = name(frames.charAt(0), 1);
    String two = name(frames.charAt(1), 2);
    assertThat(first).isEqualTo(passes ? two : one);
  }

  private static String name(char frame, int tag) {
    return switch (frame) {
      case 'W' -> "MEMORY_WRITE tag 0";
      case 'R' -> "MEMORY_READ tag " + tag;
      case 'C' -> "COMPLETION tag " + tag;
      default -> "stats 0";
    };
  }
}
