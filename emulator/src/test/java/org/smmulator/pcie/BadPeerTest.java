package org.smmulator.pcie;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
import org.smmulator.execution.Loop;
import org.smmulator.memory.AddressMap;
import org.smmulator.memory.SparseMemory;
import org.smmulator.pcie.ledger.GrantLedger;
import org.smmulator.pcie.ledger.RecordedViolations;
import org.smmulator.pcie.ledger.Violation;
import org.smmulator.smmu.SilentOutputs;
import org.smmulator.smmu.Smmu;
import org.smmulator.smmu.feature.SmmuFeatures;

/** Peers that connect over TCP and are no devices: each is cut off, counted, and hurts nobody. */
class BadPeerTest {
  private static final long HELLO_NANOS = 3_000_000_000L;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop eventLoop = (EventLoop) group.next();
  private final Loop loop = new NettyLoop(eventLoop);
  private final RecordedViolations violations = new RecordedViolations();
  private final RootComplexConfig config =
      new RootComplexConfig(
          1_000_000_000L, 60_000_000_000L, 1_000_000_000L, HELLO_NANOS, 31, 1, 16);
  private final RootComplex root = rootComplex();
  private final ScriptedDevice device = new ScriptedDevice(0x20, 0);
  private final List<String> news = new ArrayList<>();
  private NettySockets.@Nullable Listener listener;

  private RootComplex rootComplex() {
    SparseMemory ram = new SparseMemory(MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
    AddressMap bus = AddressMap.of(ram, intid -> {});
    GrantLedger ledger =
        new GrantLedger(loop, violations, MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
    Smmu smmu = new Smmu(SmmuFeatures.defaults(), bus, new SilentOutputs());
    return new RootComplex(loop, smmu, bus, config, ledger, violations, new HotplugBlock(() -> {}));
  }

  @BeforeEach
  void attachOneGoodDevice() throws IOException {
    root.tellNews(news::add);
    listener =
        NettyTransport.listen(
            eventLoop, BusAddress.parse("127.0.0.1:0"), config.linkLimits(), root::newPort);
    NettyTransport.connect(eventLoop, listener.address(), config.linkLimits(), device);
  }

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private <T> T onLoop(Supplier<T> step) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    loop.execute(() -> answer.complete(step.get()));
    return answer.join();
  }

  private Socket connect() throws IOException {
    BusAddress.Tcp address = (BusAddress.Tcp) Objects.requireNonNull(listener).address();
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.port());
    socket.setSoTimeout(240_000);
    return socket;
  }

  /** Sends the bytes, and waits until the machine has closed the connection. */
  private void sendAndAwaitClose(byte[] bytes) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(bytes);
      assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(500);
    }
  }

  /** What is said of the one peer, some turns of the loop after it saw the end at most. */
  private String refusal() {
    List<String> all = List.of();
    for (int turn = 0; turn < 1000 && all.isEmpty(); turn++) {
      all = onLoop(() -> news.stream().filter(line -> line.startsWith("peer ")).toList());
    }
    assertThat(all).hasSize(1);
    assertThat(onLoop(root::counters).links().of(LinkCounter.REFUSED)).isEqualTo(1);
    assertThat(onLoop(violations::violations)).as("it is no device").isEmpty();
    assertThat(onLoop(() -> device.closed == null && device.link().isOpen())).isTrue();
    return all.get(0);
  }

  @Test
  void closesAPeerThatSendsGarbage() throws IOException {
    byte[] garbage = new byte[1000];
    new Random(1).nextBytes(garbage);
    garbage[0] = 0;
    garbage[1] = 0;
    garbage[2] = 1;
    sendAndAwaitClose(garbage);
    assertThat(refusal()).contains("frame");
  }

  @Test
  void closesAPeerThatAnnouncesAFrameOf4GiB() throws IOException {
    sendAndAwaitClose(new byte[] {-1, -1, -1, -1, 3, 0, 0, 0});
    assertThat(refusal()).contains("frame length of 4294967295");
  }

  @Test
  void closesAPeerThatSendsAPacketBeforeItsHello() throws IOException {
    sendAndAwaitClose(new byte[] {0, 0, 0, 16, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 15, 0, 0, 16, 0});
    assertThat(refusal()).contains("before the hello");
  }

  @Test
  void closesAPeerThatSendsHalfAFrameAndThenNothing() throws IOException {
    sendAndAwaitClose(new byte[] {0, 0, 0, 50, 1, 0});
    assertThat(refusal()).contains("no hello in time");
  }

  @Test
  void closesAPeerThatSaysNothingAtAll() throws IOException {
    sendAndAwaitClose(new byte[0]);
    assertThat(refusal()).contains("no hello in time");
  }

  @Test
  void takesADeviceThatDiesInTheMiddleOfAFrameAsLost() throws IOException {
    byte[] helloAndHalfAFrame = {
      0, 0, 0, 12, 1, 0, 0, 0, 'S', 'M', 'M', 'B', 0, 1, 0, 0, 0, 0, 0, 50, 3, 0
    };
    try (Socket socket = connect()) {
      socket.getOutputStream().write(helloAndHalfAFrame);
      assertThat(socket.getInputStream().readNBytes(8)).hasSize(8);
      socket.shutdownOutput();
      socket.getInputStream().readAllBytes();
    }
    RootComplexCounters counters = onLoop(root::counters);
    for (int turn = 0; turn < 1000 && counters.links().of(LinkCounter.LOST) == 0; turn++) {
      counters = onLoop(root::counters);
    }
    assertThat(counters.links().of(LinkCounter.LOST)).isEqualTo(1);
    assertThat(onLoop(violations::violations)).isEmpty();
  }

  @Test
  void countsAPeerThatGoesAwayInTheMiddleOfAFrame() throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(new byte[] {0, 0, 0, 50, 1, 0});
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
    assertThat(refusal()).contains("in the middle of a frame");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"})
  void takesATerminalOrABrowserForNoDevice(String said) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(500);
    }
    assertThat(refusal()).contains(" is refused: ");
  }

  @Test
  void countsAPeerThatOnlyLooksWhetherSomebodyListens() throws IOException {
    connect().close();
    assertThat(refusal()).endsWith(" is refused: the connection was closed");
  }

  @Test
  void aDeviceThatSendsGarbageHasBrokenTheProtocol() throws IOException {
    byte[] helloAndGarbage = {
      0, 0, 0, 12, 1, 0, 0, 0, 'S', 'M', 'M', 'B', 0, 1, 0, 0, -1, -1, -1, -1, 3, 0, 0, 0
    };
    sendAndAwaitClose(helloAndGarbage);
    List<Violation> all = List.of();
    for (int turn = 0; turn < 1000 && all.isEmpty(); turn++) {
      all = onLoop(violations::violations);
    }
    assertThat(all).extracting(Violation::text).containsExactly("frame length of 4294967295");
    assertThat(all.get(0).device()).isNotEmpty();
    assertThat(onLoop(root::counters).links().of(LinkCounter.REFUSED)).isZero();
  }
}
