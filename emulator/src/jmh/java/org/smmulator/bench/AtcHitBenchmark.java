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

/** A device's own cache: one counted lookup that hits, and the address that it gives. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls fill before anything else.
public class AtcHitBenchmark {
  private static final int WAYS = 4;
  private static final int PASID = 7;
  private static final long STEP = 0x9E37_79B9L;

  @Param({"256", "4096"})
  int entries;

  private AddressTranslationCache atc;
  private long page;

  @Setup
  public void fill() {
    atc = new AddressTranslationCache(entries / WAYS, WAYS, null);
    for (int i = 0; i < entries; i++) {
      int both = Permissions.READ | Permissions.WRITE;
      atc.fill(PASID, (long) i << 12, 12, 0x4000_0000L + ((long) i << 12), both);
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
