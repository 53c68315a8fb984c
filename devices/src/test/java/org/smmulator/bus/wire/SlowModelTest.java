package org.smmulator.bus.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.PciFunction;

/** A device model that takes register accesses more slowly than they come. */
class SlowModelTest {
  private static final int BAR = 0x1000_0000;
  private static final int WRITES = 200_000;

  private final LinkTestLoop rootLoop = new LinkTestLoop();
  private final LinkTestLoop deviceLoop = new LinkTestLoop();
  private final RecordingHandler root = new RecordingHandler();
  private final List<Long> written = new ArrayList<>();

  /** What had not been taken when the model had its first access. */
  private long leftOnTheLink = -1;

  private final class Model implements DeviceModel {
    @Override
    public PciFunction function() {
      return PciFunction.builder(0x1234, 0x5678, 0xABCDEF).memoryBar32(0, 0x1000).build();
    }

    @Override
    public void start(DeviceContext context) {}

    @Override
    public long readBar(int bar, long offset, int sizeBytes) {
      return 0;
    }

    @Override
    public void writeBar(int bar, long offset, int sizeBytes, long value) {
      if (written.isEmpty()) {
        leftOnTheLink = root.link().pendingBytes();
      }
      written.add(value);
    }

    @Override
    public void reset() {}

    @Override
    public void stop() {}
  }

  private void configWrite(int register, int value) {
    ByteBuf out = root.link().begin(FrameKind.TLP);
    int index = TlpWriter.configWrite(out, 0, 0, 0x100, register, 4);
    out.setIntLE(index, value);
    root.link().end();
  }

  /** All of them come before the model has its turn. */
  @Test
  void makesThoseWaitWhoWriteAndLosesNothing() throws Exception {
    AttachedDevice device =
        AttachedDevice.onLoop(deviceLoop, new Model(), DeviceOptions.of("slow", "slow"));
    InProcessWire.join(root, rootLoop, device.handler(), deviceLoop, LinkLimits.DEFAULT);
    rootLoop.run();
    deviceLoop.run();
    rootLoop.run();
    deviceLoop.run();
    configWrite(0x10, BAR);
    configWrite(0x04, 0b110);
    for (int i = 0; i < WRITES; i++) {
      ByteBuf out = root.link().begin(FrameKind.TLP);
      out.setIntLE(TlpWriter.memoryWrite(out, 0, 0, BAR, 4), i);
      root.link().end();
    }
    root.link().flush();
    deviceLoop.run();

    assertThat(leftOnTheLink).as("kept on the link").isGreaterThan(WRITES);
    assertThat(written).hasSize(WRITES).isSorted();
    assertThat(root.link().isOpen()).isTrue();
    assertThat(root.link().pendingBytes()).isZero();
  }
}
