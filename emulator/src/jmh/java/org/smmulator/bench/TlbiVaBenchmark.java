package org.smmulator.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
import org.smmulator.arch.command.CommandField;
import org.smmulator.arch.command.CommandOpcode;
import org.smmulator.arch.port.BusAbort;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.port.SmmuCounter;

/**
 * TLBI_NH_VA of pages that are in a TLB of 65,536 entries, in random order: from the write of
 * CMDQ_PROD, for 256 commands at a time, until all are fetched from memory and executed. What one
 * batch drops is walked for again before the next, outside of the measurement: the TLB is full but
 * for at most 256 entries.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class TlbiVaBenchmark {
  private static final int PAGES = 1 << 16;
  private static final int BATCH = 256;

  /** Leaf of the command: without it, the tables on the way to the page are dropped too. */
  @Param({"true", "false"})
  boolean leafOnly;

  private TranslatingMachine machine;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(PAGES, 4, 256, 64);
    SmmuFeatures features = SmmuFeatures.defaults().withCaches(caches);
    machine = new TranslatingMachine(features, PAGES, TranslatingMachine.DENSE);
    for (int i = 0; i < PAGES; i++) {
      machine.storeCommand(
          i,
          CommandField.OPCODE.of(CommandOpcode.TLBI_NH_VA.code())
              | CommandField.ASID.of(TranslatingMachine.PASID),
          CommandField.LEAF.of(leafOnly ? 1 : 0)
              | CommandField.ADDRESS.inPlace(machine.addresses[i]));
    }
    machine.translateAll(TranslatingMachine.PASID);
    long walks = machine.smmu.counters().of(SmmuCounter.WALKS);
    machine.translateAll(TranslatingMachine.PASID);
    machine.produce(BATCH);
    machine.translateAll(TranslatingMachine.PASID);
    if (machine.smmu.counters().of(SmmuCounter.WALKS) != walks + BATCH) {
      throw new IllegalStateException("not full before, or not without 256 pages after");
    }
  }

  /** Brings back what the last batch dropped. */
  @Setup(Level.Invocation)
  public void refill() {
    int end = machine.position();
    for (int i = 1; i <= BATCH; i++) {
      long address = machine.addresses[(end - i) & (PAGES - 1)];
      long unused = machine.translate(TranslatingMachine.PASID, address);
    }
  }

  @TearDown
  public void check() {
    machine.checkConsumed();
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void invalidateVa() {
    machine.produce(BATCH);
  }
}
