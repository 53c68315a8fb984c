package org.smmulator.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.arch.vmsa.Descriptor;
import org.smmulator.smmu.SmmuFeatures;
import org.smmulator.smmu.Transaction;

/**
 * Transactions that miss a small TLB and walk four levels without a walk cache, in random order
 * over 65,536 pages; beside them the same four loads, each depending on the one before, and nothing
 * else.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class TlbMissBenchmark {
  private static final int PAGES = 1 << 16;

  private final Transaction tx = new Transaction();
  private TranslatingMachine machine;
  private int next;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(64, 4, 0, 64);
    machine = new TranslatingMachine(SmmuFeatures.defaults().withCaches(caches), PAGES);
    tlbMissWalk();
    if (!tx.isTranslated() || machine.smmu.counters().descriptorReads() != 4) {
      throw new IllegalStateException("not a walk of four levels");
    }
  }

  private long nextAddress() {
    next = (next + 1) & (PAGES - 1);
    return machine.addresses[next];
  }

  @Benchmark
  public long tlbMissWalk() {
    machine.smmu.translate(
        tx.request(
            TranslatingMachine.STREAM,
            TranslatingMachine.PASID,
            nextAddress(),
            true,
            false,
            false));
    return tx.pa();
  }

  @Benchmark
  public long fourDependentLoads() throws BusAbort {
    long address = nextAddress();
    long table = TranslatingMachine.root();
    for (int level = 0; level < 4; level++) {
      long descriptor = machine.bus.load64(table + 8L * Descriptor.index(address, level));
      table = Descriptor.address(descriptor);
    }
    return table;
  }
}
