package org.smmulator.qtest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.qtest.GuestPort.MOST_LINES;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.PortAddress;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.HotplugBlock;
import org.smmulator.pcie.MinimalGuest;
import org.smmulator.pcie.RootComplex;
import org.smmulator.pcie.RootComplexConfig;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.ViolationLog;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.time.SteppedHardware;

/** Hardware that has more to say than the port's loop can pass on. */
@Timeout(240)
class GuestPortLinesTest {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final EventLoop portLoop = (EventLoop) group.next();
  private final SteppedHardware hardware = SteppedHardware.onVirtualTime((EventLoop) group.next());
  private final GuestPort port = new GuestPort(portLoop);
  private Socket socket = new Socket();
  private BufferedReader input = new BufferedReader(new InputStreamReader(System.in, ISO_8859_1));

  @BeforeEach
  void connect() throws IOException {
    PortAddress address = PortAddress.parse("tcp:127.0.0.1:0,server=on");
    BusAddress.Tcp open = (BusAddress.Tcp) port.open(address, commands()).socket();
    socket = new Socket(InetAddress.getLoopbackAddress(), open.port());
    input = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
    socket.getOutputStream().write("endianness\n".getBytes(ISO_8859_1));
    assertThat(input.readLine()).isEqualTo("OK little");
  }

  @AfterEach
  void stop() throws IOException {
    socket.close();
    port.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private Commands commands() {
    SparseMemory ram = new SparseMemory(MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
    AddressMap bus = AddressMap.of(ram, intid -> {});
    Smmu smmu = new Smmu(SmmuFeatures.defaults(), bus, new SilentOutputs());
    ViolationLog violations = new ViolationLog(10);
    GrantLedger ledger =
        new GrantLedger(hardware.loop(), violations, MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
    HotplugBlock hotPlug = new HotplugBlock(() -> {});
    RootComplexConfig config = RootComplexConfig.defaults();
    RootComplex root =
        new RootComplex(hardware.loop(), smmu, bus, config, ledger, violations, hotPlug);
    HarnessMachine machine =
        new HarnessMachine(
            hardware,
            bus,
            smmu,
            Set.of(),
            root,
            () -> {},
            SECOND_NANOS,
            SECOND_NANOS,
            question -> List.of());
    return new Commands(machine, new Interception(port), port);
  }

  /** Hands over lines while the port's loop can send none of them. */
  private void sayWhileThePortIsBusy(int lines) {
    CountDownLatch free = new CountDownLatch(1);
    portLoop.execute(
        () -> {
          try {
            free.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    for (int i = 0; i < lines; i++) {
      port.line("SEV");
    }
    free.countDown();
  }

  @Test
  void passesOnAsManyLinesAsTheCommandsOfTheLargestQueueCause() throws IOException {
    sayWhileThePortIsBusy(MOST_LINES);
    for (int i = 0; i < MOST_LINES; i++) {
      assertThat(input.readLine()).isEqualTo("SEV");
    }
    socket.getOutputStream().write("endianness\n".getBytes(ISO_8859_1));
    assertThat(input.readLine()).isEqualTo("OK little");
  }

  @Test
  void cutsOffAHarnessThatWouldMissALine() throws IOException {
    sayWhileThePortIsBusy(MOST_LINES + 1);
    assertThat(input.lines().count())
        .as("lines until the port is closed")
        .isLessThanOrEqualTo(MOST_LINES);
  }
}
