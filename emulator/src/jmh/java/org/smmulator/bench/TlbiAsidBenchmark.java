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
 * TLBI_NH_ASID with a TLB of 65,536 entries that holds 256 pages of each of 256 ASIDs: from the
 * write of CMDQ_PROD, for 16 commands at a time, until all are fetched from memory and executed.
 * What one batch drops is walked for again before the next, outside of the measurement: the TLB is
 * full but for at most 4,096 entries. That includes what the SMMU puts off: one sweep of the caches
 * for every 16,384 ASIDs that were dropped.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class TlbiAsidBenchmark {
  private static final int ENTRIES = 1 << 16;
  private static final int ASIDS = 256;
  private static final int BATCH = 16;

  private TranslatingMachine machine;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(ENTRIES, 4, 1024, 1024);
    SmmuFeatures features = SmmuFeatures.defaults().withCaches(caches);
    machine = new TranslatingMachine(features, ENTRIES / ASIDS, TranslatingMachine.DENSE);
    for (int i = 0; i < 1 << TranslatingMachine.QUEUE_LOG2; i++) {
      machine.storeCommand(
          i,
          CommandField.OPCODE.of(CommandOpcode.TLBI_NH_ASID.code())
              | CommandField.ASID.of(pasid(i)),
          0);
    }
    for (int i = 0; i < ASIDS; i++) {
      machine.translateAll(pasid(i));
    }
    machine.produce(BATCH);
    long walks = machine.smmu.counters().of(SmmuCounter.WALKS);
    refill();
    if (machine.smmu.counters().of(SmmuCounter.WALKS) != walks + (long) BATCH * ENTRIES / ASIDS) {
      throw new IllegalStateException("the pages of the ASIDs are still there");
    }
  }

  private static int pasid(int position) {
    return TranslatingMachine.PASID + (position & (ASIDS - 1));
  }

  /** Brings back what the last batch dropped. */
  @Setup(Level.Invocation)
  public void refill() {
    int end = machine.position();
    for (int i = 1; i <= BATCH; i++) {
      machine.translateAll(pasid(end - i));
    }
  }

  @TearDown
  public void check() {
    machine.checkConsumed();
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void invalidateAsid() {
    machine.produce(BATCH);
  }
}
