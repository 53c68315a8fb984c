package org.smmulator.bench;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.bus.wire.BusAddress;
import org.smmulator.config.ConfigFile;
import org.smmulator.device.AttachedDevice;
import org.smmulator.device.DeviceOptions;
import org.smmulator.device.model.dma.DmaDevice;
import org.smmulator.guest.GuestProcess;
import org.smmulator.guest.mm.Prot;
import org.smmulator.guest.pci.dma.DmaEngine;
import org.smmulator.guest.pci.dma.DmaOperation;
import org.smmulator.guest.pci.dma.DmaQueue;
import org.smmulator.guest.pci.dma.DmaResult;
import org.smmulator.guest.sva.SvaCounter;
import org.smmulator.machine.Machine;

/**
 * Page faults of a {@code dma} over TCP on the loopback, in a whole machine with its kernel: the
 * device fills pages that nobody has touched, one operation after another. Each page costs a
 * translation request, a page request, the kernel's fault, the response and another translation
 * request; the operations themselves and an munmap for each 1,024 pages are in the time, too.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls start before anything else.
public class PageFaultBenchmark {
  private static final int PAGES = 1024;
  private static final int PAGE = 4096;
  private static final String MACHINE =
      """
      machine: {name: bench, ramMiB: 256}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      """;

  /** Pages of one operation, and so page requests that are outstanding at the same time. */
  @Param({"1", "16"})
  public int outstanding;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Machine machine;
  private GuestProcess process;
  private DmaQueue queue;
  private long buffer;

  @Setup
  public void start() throws Exception {
    machine = Machine.start(ConfigFile.parse("bench", MACHINE), Events.recorder());
    BusAddress bus = BusAddress.parse(machine.busAddresses().get(0));
    DeviceOptions options = DeviceOptions.of("dma", "bench");
    AttachedDevice device =
        AttachedDevice.connect(
            (EventLoop) group.next(), bus, new DmaDevice(1, 2 * outstanding), options);
    PciAddress address = new PciAddress(device.whenAttached().get());
    DmaEngine engine = machine.kernel().awaitEngine(address, Long.MAX_VALUE);
    process = machine.kernel().startProcess("alice");
    buffer = process.mm().mmap((long) PAGES * PAGE, Prot.READ_WRITE);
    queue = Objects.requireNonNull(engine).open(process.mm());
  }

  @TearDown
  public void stop() {
    machine.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Benchmark
  @OperationsPerInvocation(PAGES)
  public void pageFault() {
    long before = faults();
    int bytes = (outstanding - 1) * PAGE + Long.BYTES;
    for (long page = 0; page < PAGES; page += outstanding) {
      long at = buffer + page * PAGE;
      DmaResult result = queue.run(DmaOperation.fill(at, bytes, page), Long.MAX_VALUE);
      if (!result.isOk()) {
        throw new IllegalStateException("an operation failed: " + result);
      }
    }
    process.mm().mmapFixed(buffer, (long) PAGES * PAGE, Prot.READ_WRITE);
    long served = faults() - before;
    if (served < PAGES) {
      throw new IllegalStateException(served + " page faults; " + PAGES + " are right");
    }
  }

  private long faults() {
    return machine.kernel().sva().statistics().of(SvaCounter.PAGE_FAULTS_HANDLED);
  }
}
