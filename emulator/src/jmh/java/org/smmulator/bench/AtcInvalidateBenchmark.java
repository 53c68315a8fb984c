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
import org.smmulator.device.atc.InvalidationScope;
import org.smmulator.device.atc.Permissions;

/** A full cache of a device: one page is invalidated, and filled again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls fill before anything else.
public class AtcInvalidateBenchmark {
  private static final int WAYS = 4;
  private static final int PASID = 7;
  private static final long STEP = 0x9E37_79B9L;

  @Param({"256", "65536"})
  int entries;

  private AddressTranslationCache atc;
  private InvalidationScope[] scopes;
  private int next;

  @Setup
  public void fill() {
    atc = new AddressTranslationCache(entries / WAYS, WAYS, null);
    scopes = new InvalidationScope[entries];
    for (int i = 0; i < entries; i++) {
      long page = i * STEP & (entries - 1);
      scopes[i] = new InvalidationScope(PASID, false, page << 12, 12);
      fill(i);
    }
  }

  private void fill(int i) {
    long address = scopes[i].base();
    int both = Permissions.READ | Permissions.WRITE;
    atc.fill(PASID, address, 12, 0x4000_0000L + address, both);
  }

  @Benchmark
  public int invalidatePage() {
    next = (next + 1) & (entries - 1);
    int dropped = atc.invalidate(scopes[next]);
    if (dropped != 1) {
      throw new IllegalStateException(dropped + " entries of one page");
    }
    fill(next);
    return dropped;
  }
}
