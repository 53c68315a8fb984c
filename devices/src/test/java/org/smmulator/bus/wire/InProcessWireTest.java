package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.TlpWriter;

class InProcessWireTest {
  private final LinkTestLoop rootLoop = new LinkTestLoop();
  private final LinkTestLoop deviceLoop = new LinkTestLoop();
  private final RecordingHandler root = new RecordingHandler();
  private final RecordingHandler device = new RecordingHandler();

  @BeforeEach
  void join() {
    InProcessWire.join(root, rootLoop, device, deviceLoop, new LinkLimits(1_000, 1 << 16));
    rootLoop.run();
    deviceLoop.run();
    device.link().sendHello(Hello.of(0x100, "dma", "d0"));
    rootLoop.run();
    deviceLoop.run();
  }

  private void read(int bytes) {
    TlpWriter.memoryRead(device.link().begin(FrameKind.TLP), 0, 0x100, 1, 0x1000, bytes);
    device.link().end();
    device.link().flush();
  }

  @Test
  void cutsOffAnEndWhoseLoopStandsStill() {
    for (int i = 0; i < 20; i++) {
      read(4096);
      rootLoop.run();
    }
    assertThat(root.closed.getNow("still open")).startsWith("the peer does not read");
    assertThat(root.events).hasSizeBetween(16, 18);
    deviceLoop.run();
    assertThat(device.closed.getNow("still open")).isEqualTo("the connection was closed");
  }

  @Test
  void takenBytesNoLongerCount() {
    for (int i = 0; i < 20; i++) {
      read(4096);
      rootLoop.run();
      assertThat(root.link().pendingBytes()).isPositive();
      deviceLoop.run();
      assertThat(root.link().pendingBytes()).isZero();
    }
    assertThat(device.events).hasSize(21);
  }

  @Test
  void whatWasSentBeforeTheEndArrivesBeforeIt() {
    root.link().sendControl(ControlCode.RESET);
    root.link().close(ErrorCode.SHUTDOWN, "machine stops");
    deviceLoop.run();
    assertThat(device.events).containsExactly("granted 100", "control 2", "error 7 machine stops");
    assertThat(device.closed.getNow("still open"))
        .isEqualTo("the peer closed the link: machine stops");
    read(4);
    rootLoop.run();
    assertThat(root.events).containsExactly("hello dma d0");
    assertThat(root.closed.getNow("still open")).isEqualTo("machine stops");
  }

  @Test
  void anEndThatIsPausedIsSentNothingMore() {
    root.link().pause();
    read(4);
    root.link().sendControl(ControlCode.RESET);
    root.link().flush();
    rootLoop.run();
    deviceLoop.run();
    assertThat(device.link().pendingBytes()).isPositive();
    assertThat(device.events).last().isEqualTo("control 2");
    assertThat(root.events).hasSize(1);
    device.link().detach();
    rootLoop.run();
    assertThat(root.closed).as("the end comes behind what was sent").isNotDone();

    root.link().resume();
    rootLoop.run();
    assertThat(device.link().pendingBytes()).isZero();
    assertThat(root.events).hasSize(3).last().isEqualTo("control 1");
    assertThat(root.closed).isDone();
  }

  @Test
  void cutsOffWhoeverSendsToAPausedEndWithoutAnEnd() {
    root.link().pause();
    for (int i = 0; device.link().isOpen(); i++) {
      read(4096);
      rootLoop.run();
      deviceLoop.run();
      assertThat(i).isLessThan(1 << 16);
    }
    assertThat(device.closed.getNow("still open")).startsWith("the peer does not read");
  }
}
