package org.smmulator.bench;

import java.util.Random;
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
import org.smmulator.arch.vmsa.Granule;
import org.smmulator.smmu.feature.SmmuFeatures;
import org.smmulator.smmu.tlb.AddressRange;
import org.smmulator.smmu.tlb.Regime;
import org.smmulator.smmu.tlb.TlbSpace;
import org.smmulator.smmu.tlb.Translation;
import org.smmulator.smmu.tlb.TranslationCaches;

/**
 * The TLB by itself, without configuration, permissions and walks: what it has in all of this. Full
 * of the pages of one address space, asked for in random order. The invalidations include that the
 * page, or one page of the space, comes back.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else.
public class TlbStoreBenchmark {
  private static final long BASE = 0x7f00_0000_0000L;
  private static final long TRANSLATION = Translation.of(0x8000_0000L, 12, Granule.KB4, 3, 0x3f);
  private static final int ASID = 1;
  private static final int OTHER_ASID = 2;

  @Param({"1024", "65536"})
  int resident;

  private final AddressRange range = new AddressRange();
  private TranslationCaches caches;
  private TlbSpace own;
  private TlbSpace other;
  private TlbSpace global;
  private long[] addresses;
  private int next;

  @Setup
  public void setUp() {
    caches = new TranslationCaches(new SmmuFeatures.Caches(resident, 4, 256, 64));
    own = caches.spaces().of(Regime.EL1, 0, ASID, true);
    other = caches.spaces().of(Regime.EL1, 0, OTHER_ASID, true);
    global = caches.spaces().global(Regime.EL1, 0, true);
    addresses = new long[resident];
    Random random = new Random(1);
    for (int i = 0; i < resident; i++) {
      int swapped = random.nextInt(i + 1);
      addresses[i] = addresses[swapped];
      addresses[swapped] = BASE + ((long) i << 12);
    }
    for (long address : addresses) {
      caches.tlb().insert(own, address, TRANSLATION);
    }
    if (caches.tlb().resident() != resident || caches.tlb().evictions() != 0) {
      throw new IllegalStateException("the pages are not resident");
    }
  }

  private long nextAddress() {
    next = (next + 1) & (resident - 1);
    return addresses[next];
  }

  @Benchmark
  public long lookupHit() {
    return caches.tlb().lookup(own, global, nextAddress());
  }

  /** In place of another page. */
  @Benchmark
  public void insert() {
    caches.tlb().insert(other, nextAddress(), TRANSLATION);
  }

  /** TLBI_NH_VA of a page that is there, Leaf = 0. */
  @Benchmark
  public void invalidateVa() {
    long address = nextAddress();
    caches.nhVa(0, TranslationCaches.EXACT_VMID, ASID, range.page(address, false));
    caches.tlb().insert(own, address, TRANSLATION);
  }

  /** TLBI_NH_ASID; all but one of the slots belong to another space or to nobody. */
  @Benchmark
  public void invalidateAsid() {
    caches.nhAsid(0, TranslationCaches.EXACT_VMID, OTHER_ASID);
    caches.tlb().insert(other, BASE, TRANSLATION);
  }
}
