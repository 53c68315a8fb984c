package org.smmulator.machine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceContext;
import org.smmulator.device.DeviceModel;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.PciFunction;

/** A device in another process, with a register whose reading it never answers. */
class SilentRegisterTest extends DrivenMachine {
  private static final int ID = 0x20;
  private static final long BAR = 0x1000_0000L;

  /** Register 0 holds a number; every other one stays without answer. */
  private static final class HalfSilent implements DeviceModel {
    @Override
    public PciFunction function() {
      return PciFunction.builder(0x534d, 0x7f01, 0xff0000).memoryBar32(0, 0x1000).build();
    }

    @Override
    public void readBar(int bar, long offset, int sizeBytes, LongConsumer answer) {
      if (offset == 0) {
        answer.accept(0xcafe_0001L);
      }
    }

    @Override
    public long readBar(int bar, long offset, int sizeBytes) {
      throw new IllegalStateException("the other method is called");
    }

    @Override
    public void start(DeviceContext context) {}

    @Override
    public void writeBar(int bar, long offset, int sizeBytes, long value) {}

    @Override
    public void reset() {}

    @Override
    public void stop() {}
  }

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  @AfterEach
  void endDevice() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @ParameterizedTest
  @ValueSource(strings = {"wall", "virtual"})
  void aReadThatIsNotAnsweredInTimeIsAllOnesOfItsSize(String clock) throws Exception {
    Harness harness = startWithDevice(clock, 1);
    assertThat(harness.ask("readl 0x10000008")).isEqualTo("OK 0x00000000ffffffff");
    assertThat(harness.ask("readb 0x10000009")).isEqualTo("OK 0x00000000000000ff");
    assertThat(harness.ask("readq 0x10000010")).isEqualTo("OK 0xffffffffffffffff");
    assertThat(harness.ask("read 0x10000008 8")).isEqualTo("OK 0xffffffffffffffff");
    assertThat(harness.ask("endianness")).isEqualTo("OK little");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wall", "virtual"})
  void aReadThatIsAnsweredIsTheAnswer(String clock) throws Exception {
    Harness harness = startWithDevice(clock, 50_000);
    assertThat(harness.ask("readl 0x10000000")).isEqualTo("OK 0x00000000cafe0001");
  }

  private Harness startWithDevice(String clock, long timeoutMillis) throws Exception {
    Harness harness =
        start(
            String.format(
                """
                guest: {kind: external, port: 'tcp:127.0.0.1:0,server=on', clock: %s}
                bus: {listen: ['127.0.0.1:0'], completionTimeoutMillis: %d}
                """,
                clock, timeoutMillis));
    BusAddress bus = BusAddress.parse(Objects.requireNonNull(machine).busAddresses().get(0));
    DeviceOptions options = DeviceOptions.of("half-silent", "test").withRequesterId(ID);
    AttachedDevice.connect((EventLoop) group.next(), bus, new HalfSilent(), options)
        .whenAttached()
        .get();
    while (harness.number("readl 0x90c0000") == 0) {
      Thread.onSpinWait(); // training is still under way
    }
    harness.enable(ID, BAR);
    return harness;
  }
}
