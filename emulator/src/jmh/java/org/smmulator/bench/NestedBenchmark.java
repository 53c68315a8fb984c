package org.smmulator.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.smmu.feature.SmmuFeatures;

/**
 * Transactions through both stages, four levels of 4 KiB pages each, in random order over 65,536
 * pages that are beside each other. Without any cache such a walk reads 24 descriptors; a small TLB
 * knows where stage 2 leads the upper tables of stage 1.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class NestedBenchmark {
  private static final int PAGES = 1 << 16;

  /** What is cached of a walk, beside its configuration. */
  public enum Cached {
    NOTHING(1, 1, 0, 24, 24),
    STAGE2_OF_TABLES(64, 4, 0, 11, 12),
    TABLES(64, 4, 256, 2, 3);

    private final int tlbEntries;
    private final int tlbWays;
    private final int walkEntries;
    private final double leastReads;
    private final double mostReads;

    Cached(int tlbEntries, int tlbWays, int walkEntries, double leastReads, double mostReads) {
      this.tlbEntries = tlbEntries;
      this.tlbWays = tlbWays;
      this.walkEntries = walkEntries;
      this.leastReads = leastReads;
      this.mostReads = mostReads;
    }
  }

  @Param Cached cached;

  private TranslatingMachine machine;
  private int next;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches =
        new SmmuFeatures.Caches(cached.tlbEntries, cached.tlbWays, cached.walkEntries, 64);
    SmmuFeatures features = SmmuFeatures.defaults().withCaches(caches);
    machine = TranslatingMachine.nested(features, PAGES);
    double reads = machine.descriptorReadsPerWalk();
    if (reads < cached.leastReads || reads > cached.mostReads) {
      throw new IllegalStateException(reads + " descriptor reads per walk");
    }
  }

  private long nextAddress() {
    next = (next + 1) & (PAGES - 1);
    return machine.addresses[next];
  }

  @Benchmark
  public long nestedWalk() {
    return machine.translate(TranslatingMachine.PASID, nextAddress());
  }

  /** Of stage 1. */
  @Benchmark
  public long fourDependentLoads() throws BusAbort {
    return machine.fourDependentLoads(nextAddress());
  }
}
