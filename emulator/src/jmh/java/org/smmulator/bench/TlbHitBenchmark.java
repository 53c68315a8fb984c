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
import org.smmulator.smmu.port.AtsAnswer;
import org.smmulator.smmu.port.SmmuCounter;
import org.smmulator.smmu.port.Transaction;

/**
 * Transactions and ATS translation requests whose configuration and translation are cached; pages
 * in random order, all of them resident.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class TlbHitBenchmark {
  @Param({"1024", "65536"})
  int resident;

  private final Transaction tx = new Transaction();
  private final AtsAnswer answer = new AtsAnswer();
  private TranslatingMachine machine;
  private int next;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(resident, 4, 256, 64);
    machine =
        new TranslatingMachine(
            SmmuFeatures.defaults().withCaches(caches), resident, TranslatingMachine.DENSE);
    for (long address : machine.addresses) {
      machine.smmu.translate(request(address));
    }
    long walks = machine.smmu.counters().of(SmmuCounter.WALKS);
    for (long address : machine.addresses) {
      machine.smmu.translate(request(address));
    }
    if (!tx.isTranslated() || machine.smmu.counters().of(SmmuCounter.WALKS) != walks) {
      throw new IllegalStateException("the pages are not resident");
    }
  }

  private Transaction request(long address) {
    return tx.request(
        TranslatingMachine.STREAM, TranslatingMachine.PASID, address, true, false, false);
  }

  private long nextAddress() {
    next = (next + 1) & (resident - 1);
    return machine.addresses[next];
  }

  /** An untranslated write. */
  @Benchmark
  public long tlbHit() {
    machine.smmu.translate(request(nextAddress()));
    return tx.pa();
  }

  /** A translation request for one page, without the socket. */
  @Benchmark
  public long atsTranslationRequest() {
    machine.smmu.translationRequest(request(nextAddress()), 1, answer);
    return answer.entry(0);
  }
}
