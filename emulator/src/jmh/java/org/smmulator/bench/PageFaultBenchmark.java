package org.smmulator.bench;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.ArrayList;
import java.util.List;
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
 * device fills pages that nobody has touched, for each process one operation after another. Each
 * page costs a translation request, a page request, the kernel's fault, the response and another
 * translation request; the operations themselves and an munmap for each 1,024 pages are in the
 * time, too.
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

  /** Pages of one operation that a device asks for at once. */
  private static final int PAGES_AT_ONCE = 16;

  private static final String MACHINE =
      """
      machine: {name: bench, ramMiB: 256}
      bus: {listen: ['127.0.0.1:0']}
      http: {listen: null}
      """;

  /**
   * Pages that are asked for at the same time, 16 of each process. With 256 they are more than the
   * kernel lets the device have outstanding in its PRI queue of 256: the rest wait in the device.
   */
  @Param({"1", "16", "256"})
  public int outstanding;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Worked> all = new ArrayList<>();
  private Machine machine;

  /** A process, and the queue that works on its buffer. */
  private record Worked(GuestProcess process, long buffer, DmaQueue queue) {}

  @Setup
  public void start() throws Exception {
    machine = Machine.start(ConfigFile.parse("bench", MACHINE), Events.recorder());
    BusAddress bus = BusAddress.parse(machine.busAddresses().get(0));
    DeviceOptions options = DeviceOptions.of("dma", "bench");
    AttachedDevice device =
        AttachedDevice.connect(
            (EventLoop) group.next(), bus, new DmaDevice(processes(), 2 * outstanding), options);
    PciAddress address = new PciAddress(device.whenAttached().get());
    DmaEngine engine = machine.kernel().awaitEngine(address, Long.MAX_VALUE);
    for (int i = 0; i < processes(); i++) {
      GuestProcess process = machine.kernel().startProcess("process " + i);
      long buffer = process.mm().mmap(bytesEach(), Prot.READ_WRITE);
      all.add(
          new Worked(process, buffer, Objects.requireNonNull(engine).open(process.mm())));
    }
  }

  private int processes() {
    return Math.max(1, outstanding / PAGES_AT_ONCE);
  }

  private long bytesEach() {
    return (long) PAGES / processes() * PAGE;
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
    int atOnce = Math.min(outstanding, PAGES_AT_ONCE);
    int bytes = (atOnce - 1) * PAGE + Long.BYTES;
    long[] tickets = new long[all.size()];
    for (long at = 0; at < bytesEach(); at += (long) atOnce * PAGE) {
      for (int i = 0; i < tickets.length; i++) {
        DmaOperation fill = DmaOperation.fill(all.get(i).buffer + at, bytes, at);
        tickets[i] = all.get(i).queue.submit(fill, Long.MAX_VALUE);
      }
      for (int i = 0; i < tickets.length; i++) {
        DmaResult result = all.get(i).queue.await(tickets[i], Long.MAX_VALUE);
        if (!result.isOk()) {
          throw new IllegalStateException("an operation failed: " + result);
        }
      }
    }
    all.forEach(
        each -> each.process.mm().mmapFixed(each.buffer, bytesEach(), Prot.READ_WRITE));
    long served = faults() - before;
    if (served < PAGES) {
      throw new IllegalStateException(served + " page faults; " + PAGES + " are right");
    }
  }

  private long faults() {
    return machine.kernel().sva().statistics().of(SvaCounter.PAGE_FAULTS_HANDLED);
  }
}
