package org.smmulator.bench;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
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

/**
 * Reads of 64 bytes with PASID over TCP on the loopback: through link, root complex, SMMU (TLB hit)
 * and memory, beside a bare Netty exchange that parses and builds the same frames. The machine and the device
 * have a thread each.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class DmaReadBenchmark {
  /** Reads of one invocation: many, so that starting and ending them costs nothing. */
  static final int READS = 1 << 15;

  @Param({"1", "64", "1024"})
  public int outstanding;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private Exchange dma = Exchange.NONE;
  private Exchange echo = Exchange.NONE;

  /** A client that asks for a number of answers, some at a time, and waits for the last. */
  interface Exchange {
    Exchange NONE =
        (count, window) -> {
          throw new IllegalStateException("not set up");
        };

    void run(int count, int window) throws InterruptedException;
  }

  @Setup
  public void connect() throws IOException, InterruptedException {
    EventLoop machine = (EventLoop) group.next();
    EventLoop device = (EventLoop) group.next();
    dma = new DmaExchange(machine, device);
    echo = new EchoExchange(machine, device);
  }

  @TearDown
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void dmaRead() throws InterruptedException {
    dma.run(READS, outstanding);
  }

  @Benchmark
  @OperationsPerInvocation(READS)
  public void nettyEcho() throws InterruptedException {
    echo.run(READS, outstanding);
  }
}
