package org.smmulator.bus.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.execution.Loop;

@Timeout(240)
class TransportTest {
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final EventLoop rootLoop = loops.next();
  private final EventLoop deviceLoop = loops.next();
  private final RecordingHandler root = new RecordingHandler();

  @TempDir Path directory = Path.of("");

  @AfterEach
  void stop() {
    loops.shutdownGracefully(0, 5, SECONDS).awaitUninterruptibly();
  }

  private BusAddress address(String wire) {
    return wire.equals("tcp")
        ? BusAddress.parse("127.0.0.1:0")
        : BusAddress.parse("unix:" + directory.resolve("bus"));
  }

  private NettySockets.Listener listen(BusAddress address, LinkLimits limits) throws IOException {
    return NettyTransport.listen(rootLoop, address, limits, () -> root);
  }

  /** A device that writes, reads twice, reports, and leaves after the second answer. */
  private static final class Device extends RecordingHandler {
    @Override
    public void connected(Link connected) {
      super.connected(connected);
      connected.sendHello(Hello.of(0x100, "dma", "d0"));
    }

    @Override
    public void helloAck(HelloAck ack) {
      super.helloAck(ack);
      var out = link().begin(FrameKind.TLP);
      TlpWriter.pasidPrefix(out, 9, false, false);
      int data = TlpWriter.memoryWrite(out, 0, ack.requesterId(), 0x1003, 2);
      out.setShort(data, 0xABCD);
      link().end();
      read(1, 0x2000, 4);
      read(2, 0x30FE, 3);
    }

    private void read(int tag, long address, int bytes) {
      TlpWriter.memoryRead(link().begin(FrameKind.TLP), 0, 0x100, tag, address, bytes);
      link().end();
    }

    @Override
    public void tlp(Tlp tlp) {
      super.tlp(tlp);
      if (tlp.tag() == 2) {
        long[] counters = new long[DeviceCounter.SLOTS];
        counters[DeviceCounter.ATC_HITS.statsSlot()] = 77;
        link().sendStats(counters);
        link().detach();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "unix", "in process", "in process on one loop"})
  void holdsTheSameConversationOnEveryWire(String wire) throws Exception {
    Device device = new Device();
    if (wire.startsWith("in process")) {
      Loop up = new NettyLoop(rootLoop);
      Loop down = wire.endsWith("one loop") ? up : new NettyLoop(deviceLoop);
      InProcessWire.join(root, up, device, down, LinkLimits.DEFAULT);
    } else {
      var listener = listen(address(wire), LinkLimits.DEFAULT);
      NettyTransport.connect(deviceLoop, listener.address(), LinkLimits.DEFAULT, device);
    }
    assertThat(device.closed.get(240, SECONDS)).isEqualTo("detached");
    assertThat(root.closed.get(240, SECONDS)).isEqualTo("the connection was closed");
    assertThat(device.events)
        .containsExactly(
            "granted 100",
            "COMPLETION_DATA tag 1 pasid -1 00010203",
            "COMPLETION_DATA tag 2 pasid -1 0000feff00000000");
    assertThat(root.events)
        .containsExactly(
            "hello dma d0",
            "MEMORY_WRITE tag 0 pasid 9 000000abcd000000",
            "MEMORY_READ tag 1 pasid -1",
            "MEMORY_READ tag 2 pasid -1",
            "stats 77",
            "control 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "unix"})
  void cutsOffAPeerThatAsksAndDoesNotRead(String wire) throws Exception {
    var listener = listen(address(wire), new LinkLimits(SECONDS.toNanos(30), 1 << 20));
    try (SocketChannel raw = dial(listener.address())) {
      raw.write(hello());
      ByteBuffer reads = ByteBuffer.allocate(20 * 16_000);
      for (int i = 0; i < 16_000; i++) {
        reads.putInt(16).putInt(0x0300_0000).putInt(0).putInt(0x0100_00FF).putInt(0x8000_0000);
      }
      writeAll(raw, reads.flip());
      assertThat(root.closed.get(240, SECONDS)).startsWith("the peer does not read");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "unix"})
  void errorReachesAPeerThatIsStillSending(String wire) throws Exception {
    var listener = listen(address(wire), LinkLimits.DEFAULT);
    try (SocketChannel raw = dial(listener.address())) {
      ByteBuffer flood = ByteBuffer.allocate(1 << 20).putInt(0, -1);
      while (flood.hasRemaining()) {
        raw.write(flood);
      }
      ByteBuffer answer = ByteBuffer.allocate(1000);
      while (raw.read(answer) >= 0) {
        assertThat(answer.hasRemaining()).isTrue();
      }
      String text = new String(answer.array(), 10, answer.position() - 10, UTF_8);
      assertThat(text).isEqualTo("frame length of 4294967295");
      assertThat(answer.getShort(8)).isEqualTo((short) ErrorCode.MALFORMED);
    }
    assertThat(root.closed.get(240, SECONDS)).isEqualTo("frame length of 4294967295");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "unix"})
  void aListenerThatEndsItsConnectionsLeavesNoPeerWaiting(String wire) throws Exception {
    var listener = listen(address(wire), LinkLimits.DEFAULT);
    try (SocketChannel accepted = dial(listener.address());
        SocketChannel silent = dial(listener.address())) {
      accepted.write(hello());
      assertThat(accepted.read(ByteBuffer.allocate(1))).isEqualTo(1);
      listener.closeWithConnections();
      while (accepted.read(ByteBuffer.allocate(100)) >= 0) {
        // what it was told before
      }
      assertThat(silent.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @Test
  void waitsForAPeerToCloseItsSideButNotForever() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.freezeTime();
    channel
        .pipeline()
        .addLast(new SocketWire(channel, "peer", Link.Role.ROOT_PORT, root, LinkLimits.DEFAULT));
    channel.pipeline().fireChannelActive();
    channel.writeInbound(Unpooled.buffer().writeInt(-1));
    channel.advanceTimeBy(SocketWire.LINGER_NANOS - 1, NANOSECONDS);
    channel.runPendingTasks();
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(1, NANOSECONDS);
    channel.runPendingTasks();
    assertThat(channel.isOpen()).isFalse();
    channel.releaseOutbound();
  }

  @Test
  void listensWhereAKilledListenerLeftItsSocket() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    try (var killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      killed.bind(UnixDomainSocketAddress.of(address.path()));
    }
    assertThat(address.path()).exists();
    try (var listener = listen(address, LinkLimits.DEFAULT)) {
      dial(listener.address()).close();
    }
    assertThat(address.path()).doesNotExist();
  }

  @Test
  void leavesFilesAndListenersOfOthersAlone() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    Files.writeString(address.path(), "mine");
    assertThatThrownBy(() -> listen(address, LinkLimits.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot listen on " + address + ": the file there is no socket");
    assertThat(address.path()).hasContent("mine");
    Files.delete(address.path());
    var first = listen(address, LinkLimits.DEFAULT);
    assertThatThrownBy(() -> listen(address, LinkLimits.DEFAULT))
        .hasMessageStartingWith("cannot listen on " + address);
    dial(first.address()).close();
  }

  /** At a pipe nobody listens either, but it is not a listener's that was killed. */
  @Test
  void leavesAPipeOfOthersAlone() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    assumeTrue(hasPipe(address.path()), "no mkfifo to make a pipe with");
    assertThatThrownBy(() -> listen(address, LinkLimits.DEFAULT))
        .hasMessage("cannot listen on " + address + ": the file there is no socket");
    assertThat(address.path()).exists();
  }

  private static boolean hasPipe(Path path) throws Exception {
    try {
      return new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Its queue is full, so that nobody is answered for as long as it takes no one. */
  @Test
  void leavesAListenerThatIsBusyAlone() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    var here = UnixDomainSocketAddress.of(address.path());
    try (var busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      busy.bind(here, 1);
      List<SocketChannel> queue = new ArrayList<>();
      while (isTaken(here, queue)) {
        assertThat(queue).hasSizeLessThan(1000);
      }
      assertThatThrownBy(() -> listen(address, LinkLimits.DEFAULT))
          .hasMessage("cannot listen on " + address + ": Address already in use");
      for (SocketChannel one : queue) {
        one.close();
      }
    }
    assertThat(address.path()).exists();
  }

  private static boolean isTaken(UnixDomainSocketAddress address, List<SocketChannel> queue)
      throws IOException {
    SocketChannel one = SocketChannel.open(StandardProtocolFamily.UNIX);
    queue.add(one);
    one.configureBlocking(false);
    try {
      return one.connect(address);
    } catch (SocketException full) {
      return false;
    }
  }

  @Test
  void onlyItsUserCanConnectToAUnixSocket() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    try (var listener = listen(address, LinkLimits.DEFAULT)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(address.path())))
          .isEqualTo("rw-------");
      dial(listener.address()).close();
      try (Stream<Path> files = Files.list(directory)) {
        assertThat(files).as("nothing else is left").containsExactly(address.path());
      }
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 100, BusAddress.MAX_PATH_BYTES})
  void listensAtAPathOfAnyLengthThatSocketsHave(int bytes) throws Exception {
    int folderBytes = bytes - directory.toString().length() - 3;
    Path folder = Files.createDirectory(directory.resolve("x".repeat(folderBytes)));
    BusAddress address = BusAddress.parse("unix:" + folder.resolve("b"));
    try (var listener = listen(address, LinkLimits.DEFAULT)) {
      dial(listener.address()).close();
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void leavesTheSocketOfItsSuccessorAlone() throws Exception {
    BusAddress.Unix address = (BusAddress.Unix) address("unix");
    var first = listen(address, LinkLimits.DEFAULT);
    Files.delete(address.path());
    try (var second = listen(address, LinkLimits.DEFAULT)) {
      first.close();
      dial(second.address()).close();
    }
  }

  @Test
  void saysWhichFolderIsMissing() {
    Path folder = directory.resolve("nowhere");
    BusAddress address = BusAddress.parse("unix:" + folder.resolve("bus"));
    assertThatThrownBy(() -> listen(address, LinkLimits.DEFAULT))
        .hasMessage("cannot listen on " + address + ": there is no folder " + folder);
  }

  @Test
  void saysWhereNobodyListens() throws Exception {
    var listener = listen(address("tcp"), LinkLimits.DEFAULT);
    listener.close();
    assertThatThrownBy(
            () ->
                NettyTransport.connect(
                    deviceLoop, listener.address(), LinkLimits.DEFAULT, new Device()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot reach " + listener.address());
  }

  private static SocketChannel dial(BusAddress address) throws IOException {
    if (address instanceof BusAddress.Unix unix) {
      return SocketChannel.open(UnixDomainSocketAddress.of(unix.path()));
    }
    BusAddress.Tcp tcp = (BusAddress.Tcp) address;
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 14);
    channel.connect(new InetSocketAddress(tcp.host(), tcp.port()));
    return channel;
  }

  private static ByteBuffer hello() {
    ByteBuffer hello = ByteBuffer.allocate(64);
    hello.putInt(0).putInt(0x0100_0000).putInt(0x534D_4D42).putInt(0x0001_0000);
    for (int item = 5; item <= 6; item++) {
      hello.putShort((short) item).putShort((short) 4).putInt(4096);
    }
    return hello.putInt(0, hello.position() - 4).flip();
  }

  /** Writes until done or cut off. */
  private static void writeAll(SocketChannel channel, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException cutOff) {
      assertThat(cutOff).hasMessageMatching("(?i).*(reset|broken pipe|closed).*");
    }
  }
}
