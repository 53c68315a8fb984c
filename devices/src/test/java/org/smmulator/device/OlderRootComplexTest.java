package org.smmulator.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.smmulator.bus.tlp.AtsEntry;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.DroppedEntries;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.HelloAck;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.bus.wire.LinkLimits;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;

/** A device at a root complex that knows fewer kinds of frames. */
@Timeout(240)
class OlderRootComplexTest {
  private static final int ITAG = 3;

  /** Accepts a device, sends it one Invalidate Request, and remembers what comes until the end. */
  private static final class OneInvalidation implements LinkHandler {
    private final int minor;
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final CompletableFuture<List<String>> ended = new CompletableFuture<>();
    private @Nullable Link link;

    OneInvalidation(int minor) {
      this.minor = minor;
    }

    @Override
    public void connected(Link connected) {
      link = connected;
    }

    @Override
    public void hello(Hello hello) {
      Link open = Objects.requireNonNull(link);
      open.sendHelloAck(
          new HelloAck(
              Hello.MAJOR, minor, 8, hello.maxPayload(), hello.maxReadRequest(), hello.tagBits()));
      long payload = AtsEntry.encodeInvalidation(0x1000, 12, false);
      TlpWriter.invalidateRequest(open.begin(FrameKind.TLP), 0, 8, ITAG, payload);
      open.end();
      open.flush();
    }

    @Override
    public void dropped(DroppedEntries dropped) {
      heard.add("ITag " + dropped.itag() + " dropped " + dropped.entries());
    }

    @Override
    public void tlp(Tlp tlp) {
      if (tlp.type() == TlpType.MESSAGE && tlp.invalidateTags() == 1 << ITAG) {
        heard.add("completed");
        ended.complete(heard);
      }
    }

    @Override
    public void closed(LinkEnd end) {
      ended.complete(heard);
    }
  }

  private static List<String> heardBy(int minor) throws Exception {
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    OneInvalidation root = new OneInvalidation(minor);
    try (NettySockets.Listener listener =
        NettyTransport.listen(
            group.next(), BusAddress.parse("127.0.0.1:0"), LinkLimits.DEFAULT, () -> root)) {
      DeviceOptions options = DeviceOptions.of("test", "test");
      AttachedDevice device =
          AttachedDevice.connect(group.next(), listener.address(), new RegisterModel(), options);
      List<String> heard = root.ended.get(230, TimeUnit.SECONDS);
      device.detach();
      return heard;
    } finally {
      group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  @Test
  void isNotToldInAFrameThatItDoesNotKnow() throws Exception {
    assertThat(heardBy(0)).containsExactly("completed");
  }

  @Test
  void isToldBeforeTheCompletionIfItKnowsTheFrame() throws Exception {
    assertThat(heardBy(1)).containsExactly("ITag 3 dropped 0", "completed");
  }
}
