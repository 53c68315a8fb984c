package org.smmulator.machine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.config.AtcGeometry;
import org.smmulator.config.DeviceConfig;
import org.smmulator.config.ModelChoice;
import org.smmulator.guest.GuestKernel;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.iommu.IommuException;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.metrics.Summary;
import org.smmulator.metrics.SummaryJson;
import org.smmulator.metrics.VerdictCounter;
import org.smmulator.pcie.DeviceCounters;
import org.smmulator.pcie.FunctionCounter;
import org.smmulator.record.Recorder;
import org.smmulator.web.FakeWatched;
import org.smmulator.web.WebServer;

/**
 * A hostile device beside an honest one: the guest drives both, and one of them sends any frame it
 * likes. The longer run of the README is this test with {@code -Dsmmulator.hostile.frames=2000000}.
 */
class HostileDeviceTest {
  private static final long SEED = Long.getLong("smmulator.seed", 1);
  private static final int FRAMES = Integer.getInteger("smmulator.hostile.frames", 20_000);

  /** Frames of one link, at most; the last of them is a broken one. */
  private static final int FRAMES_OF_A_LINK = Math.max(1_000, FRAMES / 200);

  private static final PciAddress HONEST = PciAddress.of(0, 4, 0);
  private static final PciAddress HOSTILE = PciAddress.of(0, 6, 0);
  private static final int PAGES = 32;
  private static final int BYTES = 4096;
  private static final long MOST_HEAP_MIB = 100;
  private static final String YAML =
      """
      machine: {name: hostile, ramMiB: 256}
      """;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Long> latencies = Collections.synchronizedList(new ArrayList<>());
  @TempDir private Path folder;
  private Machine machine;
  private GuestKernel kernel;
  private WebServer web;
  private DeviceProcess honest;
  private volatile boolean ended;
  private int sent;
  private int links;

  @BeforeEach
  void startAMachineAndItsHonestDevice() throws Exception {
    machine = Machine.start(Machines.config(folder, YAML), Recorder.OFF);
    kernel = machine.kernel();
    web = WebServer.start("127.0.0.1:0", new FakeWatched(machine::summary, machine::explain));
    ModelChoice dma = ModelChoice.of("dma").with("queues", 1);
    AtcGeometry atc = new AtcGeometry(16, 4);
    var slot = PciAddress.parse("00:04.0");
    honest =
        DeviceProcess.start(
            new DeviceConfig(slot, dma, atc, false, DeviceConfig.Home.OWN, "honest", null, null),
            machine.busAddresses().get(0));
  }

  @AfterEach
  void stop() {
    ended = true;
    honest.close();
    web.close();
    machine.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private long soon() {
    return kernel.sched().nanoTime() + 240_000_000_000L;
  }

  private DmaQueue open(PciAddress device, GuestProcess process) throws IommuException {
    return requireNonNull(kernel.awaitEngine(device, soon()), "engine").open(process.mm());
  }

  @Test
  void theHonestDeviceWorksAndIsCleanWhateverTheOtherOneSends() throws Exception {
    System.out.println("smmulator.seed=" + SEED);
    GuestProcess user = kernel.startProcess("user");
    HonestWork work = new HonestWork(user, open(HONEST, user));
    report("before");
    long heapBefore = heapMiB();
    work.start();
    Thread poll = new Thread(this::poll, "summary");
    poll.start();
    floodTo(FRAMES / 2);
    long heapDuring = heapMiB();
    report("during");
    floodTo(FRAMES);
    ended = true;
    work.join();
    poll.join();
    long heapAfter = heapMiB();
    report("after");
    System.out.printf(
        "%,d frames on %d links beside %d rounds of honest work; heap before, during, after: %d,"
            + " %d, %d MiB%n",
        sent, links, work.rounds, heapBefore, heapDuring, heapAfter);

    assertThat(work.failure).isNull();
    assertThat(work.rounds).isPositive();
    Summary summary = machine.summary();
    DeviceCounters honestOne = device(summary, "00:04.0");
    assertThat(honestOne.count(FunctionCounter.VIOLATIONS)).isZero();
    assertThat(honestOne.count(FunctionCounter.INVALIDATIONS_TIMED_OUT)).isZero();
    assertThat(summary.verdict().violations()).noneMatch(v -> "00:04.0".equals(v.device()));
    assertThat(summary.verdict().found(VerdictCounter.DATA_MISMATCHES))
        .as("pages changed while free")
        .isZero();
    assertThat(device(summary, "00:06.0").count(FunctionCounter.VIOLATIONS))
        .as("it did break rules")
        .isPositive();
    assertThat(heapDuring - heapBefore).as("MiB while it goes on").isLessThan(MOST_HEAP_MIB);
    assertThat(heapAfter - heapBefore).as("MiB that stay").isLessThan(MOST_HEAP_MIB);
  }

  private static DeviceCounters device(Summary summary, String id) {
    return summary.devices().stream().filter(d -> d.id().equals(id)).findFirst().orElseThrow();
  }

  /** Link after link, each with a process of its own that the device may reach. */
  private void floodTo(int frames) throws Exception {
    while (sent < frames) {
      links++;
      GuestProcess victim = kernel.startProcess("victim" + links);
      long buffer = victim.mm().mmap((long) PAGES * BYTES, Prot.READ_WRITE);
      try (HostileDevice device =
          new HostileDevice(
              (EventLoop) group.next(), machine.busAddresses().get(0), HOSTILE.requesterId())) {
        DmaQueue queue = open(HOSTILE, victim);
        queue.run(DmaOperation.fill(buffer, (long) PAGES / 2 * BYTES, 1), soon());
        send(
            device,
            new HostileFrames(random.split(), HOSTILE.requesterId(), queue.pasid(), buffer, PAGES));
      }
      assertThat(kernel.awaitGone(HOSTILE, soon())).isTrue();
      victim.exit();
    }
  }

  private void send(HostileDevice device, HostileFrames frames) {
    boolean open = true;
    for (int left = 1 + random.nextInt(FRAMES_OF_A_LINK); open && left > 0; left--) {
      open = device.send(random.nextInt(1_000) == 0 ? frames.mutated() : frames.next());
      sent++;
    }
    if (open && random.nextBoolean()) {
      device.send(frames.next(), 9);
    }
  }

  /** What a user of the other device does all the time. */
  private final class HonestWork extends Thread {
    private final GuestProcess process;
    private final DmaQueue queue;
    private volatile @Nullable Throwable failure;
    private volatile int rounds;

    HonestWork(GuestProcess process, DmaQueue queue) {
      super("honest");
      this.process = process;
      this.queue = queue;
    }

    @Override
    public void run() {
      try {
        for (int next = 1; !ended; next++) {
          round(next);
          rounds = next;
        }
      } catch (Throwable thrown) {
        failure = thrown;
      }
    }

    private void round(int round) throws Exception {
      int bytes = PAGES * BYTES;
      long buffer = process.mm().mmap(bytes, Prot.READ_WRITE);
      long pattern = (1 + round % 255) * 0x0101_0101_0101_0101L;
      assertThat(queue.run(DmaOperation.fill(buffer, bytes, pattern), soon()))
          .extracting(DmaResult::status)
          .isEqualTo(DmaResult.Status.OK);
      byte[] found = new byte[bytes];
      process.mm().read(buffer, found, 0, bytes);
      assertThat(found).containsOnly((byte) pattern);
      process.mm().munmap(buffer, bytes);
    }
  }

  private static long heapMiB() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed() >> 20;
  }

  private void poll() {
    while (!ended) {
      latencies.add(summaryNanos());
    }
  }

  /** Asks over HTTP; a machine may say that it is busy, and nothing else. */
  private long summaryNanos() {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + web.address() + "/api/summary")).build();
    long start = System.nanoTime();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isIn(200, 503);
      if (answer.statusCode() == 200) {
        assertThat(SummaryJson.read(answer.body()).devices()).isNotEmpty();
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return System.nanoTime() - start;
  }

  private void report(String when) {
    List<Long> some = new ArrayList<>(latencies);
    latencies.clear();
    while (some.size() < 20) {
      some.add(summaryNanos());
    }
    Collections.sort(some);
    System.out.printf(
        "%s: /api/summary of %d requests: p50 %.1f ms, longest %.1f ms%n",
        when, some.size(), some.get(some.size() / 2) / 1e6, some.get(some.size() - 1) / 1e6);
  }
}
