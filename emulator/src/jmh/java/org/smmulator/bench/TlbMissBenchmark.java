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
import org.smmulator.smmu.port.Transaction;

/**
 * Transactions and ATS translation requests that miss a small TLB and walk four levels, in random
 * order over 65,536 pages: page beside page, which have 128 tables of the last level, or one page
 * per 2 MiB, which have a table each. Beside them the four loads of such a walk, each depending on
 * the one before, and nothing else.
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

  /** How far the pages are apart. */
  public enum Spacing {
    DENSE(TranslatingMachine.DENSE),
    SPARSE(TranslatingMachine.SPARSE);

    private final int log2;

    Spacing(int log2) {
      this.log2 = log2;
    }
  }

  @Param Spacing spacing;

  /** Entries of the walk cache; the last is room for all tables. */
  @Param({"0", "256", "131072"})
  int walkEntries;

  private final Transaction tx = new Transaction();
  private final AtsAnswer answer = new AtsAnswer();
  private TranslatingMachine machine;
  private int next;

  @Setup
  public void setUp() throws BusAbort {
    SmmuFeatures.Caches caches = new SmmuFeatures.Caches(64, 4, walkEntries, 64);
    SmmuFeatures features = SmmuFeatures.defaults().withCaches(caches);
    machine = new TranslatingMachine(features, PAGES, spacing.log2);
    double reads = machine.descriptorReadsPerWalk();
    boolean tablesFit = spacing == Spacing.DENSE || walkEntries > PAGES;
    // Sparse walks through a small cache read the last two levels, and now and then more.
    double least = walkEntries == 0 ? 4 : tablesFit ? 1 : 2;
    double most = walkEntries == 0 ? 4 : tablesFit ? 1 : 2.3;
    if (reads < least || reads > most) {
      throw new IllegalStateException(reads + " descriptor reads per walk");
    }
  }

  private Transaction request() {
    next = (next + 1) & (PAGES - 1);
    long address = machine.addresses[next];
    return tx.request(
        TranslatingMachine.STREAM, TranslatingMachine.PASID, address, true, false, false);
  }

  @Benchmark
  public long walk() {
    machine.smmu.translate(request());
    return tx.pa();
  }

  /** A translation request for one page. */
  @Benchmark
  public long atsTranslationRequest() {
    machine.smmu.translationRequest(request(), 1, answer);
    return answer.entry(0);
  }

  @Benchmark
  public long fourDependentLoads() throws BusAbort {
    next = (next + 1) & (PAGES - 1);
    return machine.fourDependentLoads(machine.addresses[next]);
  }
}
