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
import org.smmulator.device.atc.AddressTranslationCache;
import org.smmulator.device.atc.Permissions;
import org.smmulator.device.atc.WorkingSet;

/** The lookups of {@link AtcHitBenchmark}, with what follows the working set beside the cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls fill before anything else.
public class WorkingSetBenchmark {
  private static final int WAYS = 4;
  private static final int PASID = 7;
  private static final long STEP = 0x9E37_79B9L;

  /** How the working set is followed. */
  public enum Following {
    /** Not at all. */
    OFF,
    /** The accesses of this period have been followed. */
    BETWEEN,
    /** Every access. */
    ON
  }

  @Param({"256", "4096"})
  int entries;

  @Param Following following;

  private AddressTranslationCache atc;
  private long page;

  @Setup
  public void fill() {
    int sets = entries / WAYS;
    WorkingSet workingSet =
        new WorkingSet(sets, WorkingSet.EXACT_ENTRIES, WorkingSet.EXACT_SETS);
    atc =
        new AddressTranslationCache(
            sets, WAYS, null, following == Following.OFF ? null : workingSet);
    for (int i = 0; i < entries; i++) {
      int both = Permissions.READ | Permissions.WRITE;
      atc.fill(PASID, (long) i << 12, 12, 0x4000_0000L + ((long) i << 12), both);
    }
    if (following == Following.BETWEEN) {
      workingSet.nextPeriod(0);
    }
  }

  @Benchmark
  public long hit() {
    page = (page + STEP) & (entries - 1);
    long address = page << 12 | 0x123;
    int entry = atc.lookup(PASID, address, true);
    return atc.translate(entry, address);
  }
}
