package org.smmulator.vfio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.smmulator.vfio.VfioVectors.EXCHANGES;
import static org.smmulator.vfio.VfioVectors.VERSION;
import static org.smmulator.vfio.VfioVectors.VERSION_REPLY;
import static org.smmulator.vfio.VfioVectors.bytes;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.counter.Tally;

/** Over sockets, whose clients come and go as they like. */
@Timeout(120)
class VfioSocketTest {
  private static final String BUSY = "01000100100000002100000010000000";

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ScriptedFunction function = new ScriptedFunction();
  private final Tally<VfioCounter> tally = new Tally<>(VfioCounter.class);
  private final EventLoop loop = (EventLoop) group.next();
  private final VfioPort port = new VfioPort(function, new NettyLoop(loop), tally);
  private final List<SocketChannel> clients = new ArrayList<>();
  @TempDir private Path folder = Path.of("");
  private Path socket = Path.of("");

  @BeforeEach
  void open() throws IOException {
    socket = folder.resolve("00:04.0.sock");
    port.open(loop, socket);
  }

  @AfterEach
  void close() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
    port.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private SocketChannel connect() throws IOException {
    SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    clients.add(client);
    return client;
  }

  private static void send(SocketChannel client, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      client.write(left);
    }
  }

  private static String receive(SocketChannel client, int bytes) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(bytes);
    while (all.hasRemaining() && client.read(all) >= 0) {
      // until all is there, or nothing more can come
    }
    return VfioVectors.hex(all.array()).substring(0, 2 * all.position());
  }

  private static String exchange(SocketChannel client, String sent, String received)
      throws IOException {
    send(client, bytes(sent));
    return receive(client, bytes(received).length);
  }

  private static void begin(SocketChannel client) throws IOException {
    assertThat(exchange(client, VERSION, VERSION_REPLY)).isEqualTo(VERSION_REPLY.replace(" ", ""));
  }

  @Test
  void isForItsUserAlone() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
    port.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void servesAClientAndTheNext() throws IOException {
    for (int i = 1; i <= 3; i++) {
      try (SocketChannel client = connect()) {
        begin(client);
        for (VfioVectors.Exchange each : EXCHANGES) {
          assertThat(exchange(client, each.sent(), each.received()))
              .as(each.name())
              .isEqualTo(each.received().replace(" ", ""));
        }
      }
    }
    assertThat(tally.sum(VfioCounter.CLIENTS)).isEqualTo(3);
  }

  @Test
  void aClientMayBeKilledAtAnyPoint() throws IOException {
    List<VfioVectors.Exchange> all = new ArrayList<>();
    all.add(new VfioVectors.Exchange("VERSION", VERSION, VERSION_REPLY));
    all.addAll(EXCHANGES);
    int killed = 0;
    int begun = 0;
    for (int whole = 0; whole < all.size(); whole++) {
      byte[] last = bytes(all.get(whole).sent());
      for (int cut = 0; cut < last.length; cut++) {
        SocketChannel client = connect();
        for (VfioVectors.Exchange each : all.subList(0, whole)) {
          assertThat(exchange(client, each.sent(), each.received()))
              .isEqualTo(each.received().replace(" ", ""));
        }
        send(client, Arrays.copyOf(last, cut));
        client.close();
        killed++;
        begun++;
        if (whole == 0) { // it had not begun, but the next one has once this one is gone
          try (SocketChannel next = connect()) {
            begin(next);
          }
        }
      }
    }
    begin(connect());
    assertThat(killed).isGreaterThan(1000);
    assertThat(tally.sum(VfioCounter.CLIENTS)).isEqualTo(begun + 1);
    assertThat(tally.sum(VfioCounter.CLIENTS_GONE)).isEqualTo(begun);
    assertThat(tally.sum(VfioCounter.MALFORMED)).isZero();
  }

  @Test
  void aSecondClientReadsWhyItMayNot() throws IOException {
    SocketChannel first = connect();
    begin(first);
    SocketChannel second = connect();
    send(second, bytes(VERSION + EXCHANGES.get(0).sent()));
    assertThat(receive(second, 4096)).as("the answer, and the end").isEqualTo(BUSY);
    VfioVectors.Exchange map = EXCHANGES.get(0);
    assertThat(exchange(first, map.sent(), map.received()))
        .isEqualTo(map.received().replace(" ", ""));
  }

  @Test
  void manyThatSayNothingAreClosedAtOnce() throws IOException {
    for (int i = 0; i < VfioPort.MOST_CONNECTIONS; i++) {
      connect();
    }
    assertThat(receive(connect(), 1)).isEmpty();
    begin(clients.get(1));
    assertThat(tally.sum(VfioCounter.CLIENTS_REFUSED)).isEqualTo(1);
  }
}
