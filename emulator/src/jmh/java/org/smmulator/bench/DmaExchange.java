package org.smmulator.bench;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.smmulator.bus.pcie.PasidCapability;
import org.smmulator.bus.tlp.Tlp;
import org.smmulator.bus.tlp.TlpType;
import org.smmulator.bus.tlp.TlpWriter;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.bus.wire.FrameKind;
import org.smmulator.bus.wire.Hello;
import org.smmulator.bus.wire.Link;
import org.smmulator.bus.wire.LinkEnd;
import org.smmulator.bus.wire.LinkHandler;
import org.smmulator.bus.wire.NettyLoop;
import org.smmulator.bus.wire.NettySockets;
import org.smmulator.bus.wire.NettyTransport;
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

/** A machine with one device that reads 64 bytes of one page over and over. */
final class DmaExchange implements DmaReadBenchmark.Exchange {
  private static final int ID = 0x20;
  private static final int PASID = 3;
  private static final int BYTES = 64;
  private static final int COMMAND = 0x04;
  private static final int BUS_MASTER = 0b100;

  /** Of its PASID capability, the first extended one. */
  private static final int CAPABILITY = 0x100;

  private static final int PASID_CONTROL = CAPABILITY + PasidCapability.CONTROL;
  private static final long VA = 0x7f00_0000_0000L;

  private final Semaphore done = new Semaphore(0);
  private final EventLoop deviceLoop;
  private final Device device = new Device();
  private final ViolationLog violations;

  DmaExchange(EventLoop machineLoop, EventLoop deviceLoop)
      throws IOException, InterruptedException {
    this.deviceLoop = deviceLoop;
    NettyLoop loop = new NettyLoop(machineLoop);
    CountDownLatch ready = new CountDownLatch(1);
    violations = new ViolationLog(10);
    GrantLedger ledger =
        new GrantLedger(loop, violations, MinimalGuest.RAM, MinimalGuest.RAM_BYTES);
    AddressMap bus =
        AddressMap.of(new SparseMemory(MinimalGuest.RAM, MinimalGuest.RAM_BYTES), intid -> {});
    Smmu smmu = new Smmu(SmmuFeatures.defaults(), bus, new SilentOutputs());
    RootComplexConfig config = RootComplexConfig.defaults();
    RootComplex root =
        new RootComplex(
            loop, smmu, bus, config, ledger, violations, new HotplugBlock(ready::countDown));
    root.recordTo(Events.recorder());
    MinimalGuest guest = new MinimalGuest(bus, smmu);
    guest.map(guest.translatingStream(ID), VA, guest.allocate(4096), true);
    BusAddress any = BusAddress.parse("127.0.0.1:0");
    NettySockets.Listener listener =
        NettyTransport.listen(machineLoop, any, config.linkLimits(), root::newPort);
    NettyTransport.connect(deviceLoop, listener.address(), config.linkLimits(), device);
    ready.await();
    CountDownLatch enabled = new CountDownLatch(2);
    loop.execute(() -> root.configWrite(ID, COMMAND, 2, BUS_MASTER, enabled::countDown));
    loop.execute(() -> root.configWrite(ID, PASID_CONTROL, 4, PasidCapability.ENABLE, enabled::countDown));
    enabled.await();
  }

  @Override
  public void run(int count, int window) throws InterruptedException {
    deviceLoop.execute(() -> device.start(count, window));
    done.acquire();
    List<ViolationLog.Group> found = violations.groups(1).first();
    if (!found.isEmpty()) {
      throw new IllegalStateException("reads that break a rule: " + found.get(0).first());
    }
  }

  private static int register(int at) {
    return switch (at) {
      case 0 -> 0x0001_534d;
      case CAPABILITY -> 1 << 16 | PasidCapability.ID;
      case PASID_CONTROL -> PasidCapability.ofWidth(PasidCapability.MOST_BITS);
      default -> 0;
    };
  }

  /** Keeps a number of reads under way. */
  private final class Device implements LinkHandler {
    private @Nullable Link link;
    private int toSend;
    private int toReceive;

    void start(int count, int window) {
      toReceive = count;
      toSend = count;
      for (int tag = 0; tag < window; tag++) {
        read(tag);
      }
      link().flush();
    }

    private void read(int tag) {
      toSend--;
      var out = link().begin(FrameKind.TLP);
      TlpWriter.pasidPrefix(out, PASID, false, false);
      TlpWriter.memoryRead(out, 0, ID, tag, VA + (tag & 63L) * BYTES, BYTES);
      link().end();
    }

    @Override
    public void connected(Link connected) {
      link = connected;
      connected.sendHello(Hello.of(ID, "bench", "bench"));
    }

    @Override
    public void tlp(Tlp tlp) {
      if (tlp.type() == TlpType.COMPLETION_DATA && tlp.payloadBytes() == BYTES) {
        completion(tlp.tag());
      } else if (tlp.type() == TlpType.CONFIG_READ) {
        var out = link().begin(FrameKind.TLP);
        int index = TlpWriter.completionData(out, ID, tlp.transaction(), 4, 0, 4);
        out.setIntLE(index, register(tlp.register()));
        link().end();
      } else if (tlp.type() == TlpType.CONFIG_WRITE) {
        TlpWriter.completion(link().begin(FrameKind.TLP), ID, tlp.transaction(), 0, 4);
        link().end();
      } else {
        throw new IllegalStateException("a read was refused: " + tlp.type());
      }
    }

    private void completion(int tag) {
      if (toSend > 0) {
        read(tag);
      }
      if (--toReceive == 0) {
        done.release();
      }
    }

    private Link link() {
      if (link == null) {
        throw new IllegalStateException("not connected");
      }
      return link;
    }

    @Override
    public void closed(LinkEnd end) {}
  }
}
